import { expect, test } from "vitest";
import { urnOf } from "./bench.ts";
import { startPlugin } from "./plugin.ts";

test("pulumi import is refused with the alternative", async () => {
  const plugin = await startPlugin();
  try {
    const reading = plugin.read(urnOf("File", "web-quick"), "/root/quick", null);
    await expect(reading).rejects.toThrow(/^web-quick cannot be imported\. Declare .* \[DBK-STACK-8\]$/);
  } finally {
    await plugin.end();
  }
});
