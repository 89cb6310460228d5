/** Whether a server's key matches a pattern in which `*` stands for any characters. */
export function matchesKey(pattern: string, key: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "u").test(key);
}
