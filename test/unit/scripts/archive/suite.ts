import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type ArchiveFormat,
  damageIn,
  formatOfFile,
  undoing,
  undoneInContainer,
} from "../../../../scripts/lib/archive/format.ts";
import { readArchive } from "../../../../scripts/lib/archive/read.ts";
import { ArchiveError, verifyArchive } from "../../../../scripts/lib/archive/verify.ts";
import { dump, row } from "./dumps.ts";

/** A format to be tested, with the commands that write it. */
export interface Subject {
  format: ArchiveFormat;
  /** Writes an archive of this text with the stock commands. `directory` is for their files. */
  write(text: string, directory: string): Buffer;
  /** Whether concatenated archives are read as one. Otherwise the later ones are bytes after the end. */
  members: "read" | "refused";
  /** Every n-th bit and byte is damaged: 1 for all, else a number without a common factor with 8. */
  step: number;
}

const text = dump("Key1", row.repeat(10));
/** Larger than every buffer, and hardly compressible. */
const largeText = dump(
  "Key1",
  Array.from({ length: 90_000 }, (_, n) => `${(n * 7919) % 99_991}\t${n}\n`).join(""),
);
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** The contract of every format, and so of every layer; see `Layer`. */
export function keepsTheContract(name: string, { format, write, members, step }: Subject): void {
  describe(name, { timeout: 240_000 }, () => {
    let directory: string;
    let archive: Buffer;
    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), "archive-format-"));
      archive = write(text, directory);
    }, 240_000);
    afterAll(() => rmSync(directory, { recursive: true, force: true }));

    const file = (bytes: Buffer): string => {
      const path = join(directory, "file");
      writeFileSync(path, bytes);
      return path;
    };
    const read = async (bytes: Buffer) => {
      let taken = "";
      const spare = await readArchive(file(bytes), format, {
        take: (piece) => {
          taken += piece;
        },
      });
      return { taken, spare };
    };
    /** The result of verifying these bytes. */
    const verdict = async (bytes: Buffer): Promise<string> => {
      try {
        await verifyArchive(file(bytes), { among: [format] });
        return "whole";
      } catch (error) {
        if (error instanceof ArchiveError) return error.kind;
        throw error;
      }
    };
    const byStock = (bytes: Buffer, input: string): string =>
      execFileSync("sh", ["-c", undoing(format, input)], {
        input: input === "" ? bytes : "",
        cwd: directory,
        encoding: "latin1",
        maxBuffer: 1 << 26,
        stdio: ["pipe", "pipe", "ignore"],
      });

    test.each([
      ["a small dump", text],
      ["a dump larger than every buffer", largeText],
      ["a dump with every byte", dump("Key1", `${String.fromCharCode(...Array(256).keys())}\n`)],
    ])("%s is read back as it was, here and by stock commands", async (_, given) => {
      const bytes = write(given, directory);
      const within = Buffer.from(given).toString("latin1");
      expect(await read(bytes)).toEqual({ taken: within, spare: 0 });
      const path = file(bytes);
      expect(byStock(bytes, ` <${path}`) === within).toBe(true);
      expect(byStock(bytes, "") === within).toBe(true);
      expect(await verifyArchive(path, { among: [format] })).toEqual({
        bytes: bytes.length,
        sha256: sha256(bytes),
        uncompressedBytes: within.length,
        serverVersion: "15.18 (Debian 15.18-1)",
        dumpVersion: "15.18",
      });
    });

    test("is known by its first bytes, and nothing else is taken for it", async () => {
      expect(formatOfFile(file(archive), [format])).toBe(format);
      for (const other of [Buffer.alloc(0), archive.subarray(0, 1), archive.subarray(1), Buffer.from(text)])
        expect(formatOfFile(file(other), [format])).toBeNull();
      expect(await verdict(Buffer.from(text))).toBe("not-compressed");
    });

    test("a dump that was cut off before it was written is not complete", async () => {
      expect(await verdict(write(text.slice(0, -1), directory))).toBe("incomplete-dump");
      expect(await verdict(write("", directory))).toBe("incomplete-dump");
    });

    test("cut at any byte it is never whole", async () => {
      const verdicts = new Set<string>();
      for (let length = 0; length < archive.length; length += step)
        verdicts.add(await verdict(archive.subarray(0, length)));
      expect([...verdicts].filter((one) => !["empty", "not-compressed", "truncated"].includes(one))).toEqual(
        [],
      );
    });

    test("with any bit changed it is not whole, or its text is the same", async () => {
      for (let bit = 0; bit < archive.length * 8; bit += step) {
        const other = Buffer.from(archive);
        other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        if ((await verdict(other)) === "whole") expect((await read(other)).taken, `bit ${bit}`).toBe(text);
      }
    });

    test.each([
      ["zeros", Buffer.alloc(3)],
      ["text", Buffer.from("tail of something else\n")],
      ["a megabyte of zeros", Buffer.alloc(1 << 20)],
      ["a megabyte of text", Buffer.alloc(1 << 20, "x")],
    ])("%s behind its end is refused", async (_, tail) => {
      expect(await verdict(Buffer.concat([archive, tail]))).toBe("trailing-garbage");
    });

    test("a byte behind its end is refused, be it as the first of more", async () => {
      for (const byte of [0, 0x1f, 0x78, 0xff])
        expect(await verdict(Buffer.concat([archive, Buffer.from([byte])]))).toMatch(
          /^(trailing-garbage|truncated)$/,
        );
    });

    test(`members one behind the other are ${members}`, async () => {
      const parts = [text.slice(0, 100), text.slice(100, 500), text.slice(500)];
      const joined = Buffer.concat(parts.map((part) => write(part, directory)));
      expect(await verdict(joined)).toBe(members === "read" ? "whole" : "trailing-garbage");
      if (members === "read") {
        expect(await read(joined)).toEqual({ taken: text, spare: 0 });
        expect(byStock(joined, ` <${file(joined)}`)).toBe(text);
      }
      // Two dumps are not a valid dump.
      const twice = Buffer.concat([archive, write(dump("Key2"), directory)]);
      expect(await verdict(twice)).toBe(members === "read" ? "incomplete-dump" : "trailing-garbage");
    });

    test("what its bytes are not to blame for is no damage", async () => {
      const missing: unknown = await readArchive(join(directory, "nothing"), format, {
        take: () => {},
      }).catch((error: unknown) => error);
      const stopped: unknown = await readArchive(file(archive), format, {
        take: () => {
          throw new Error("enough");
        },
      }).catch((error: unknown) => error);
      const aborted: unknown = await readArchive(file(archive), format, {
        take: () => {},
        signal: AbortSignal.abort(),
      }).catch((error: unknown) => error);
      for (const error of [missing, stopped, aborted]) {
        expect(error).toBeInstanceOf(Error);
        expect(damageIn(format, error)).toBeNull();
      }
    });

    test("a container undoes it beside psql where it is one layer, and no other", () => {
      expect(undoneInContainer(format)).toBe(format.length === 1 ? format[0] : null);
    });
  });
}
