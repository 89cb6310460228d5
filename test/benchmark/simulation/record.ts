import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SandboxStack } from "../../sandbox/stack.ts";
import { differenceSeenBy } from "../provisioning/program.ts";
import type { Recording } from "./recording.ts";
import { entriesOf, recordingOf } from "./transcript.ts";

/** Records what the only server of a stack answers to a preview that finds nothing. @throws Error where it finds something */
export async function recordPreview({ pulumi }: SandboxStack): Promise<Recording> {
  const directory = mkdtempSync(join(tmpdir(), "database-backups-transcript-"));
  const transcript = join(directory, "transcript.jsonl");
  try {
    const result = await pulumi(["preview", "--expect-no-changes"], {
      NODE_OPTIONS: `--import=${join(import.meta.dirname, "transcript-recorder.ts")}`,
      TRANSCRIPT: transcript,
    });
    if (differenceSeenBy(result)) throw new Error("the preview that was recorded finds a difference");
    return recordingOf(entriesOf(readFileSync(transcript, "utf8")));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
