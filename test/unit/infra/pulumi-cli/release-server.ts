import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { Release } from "../../../../infra/pulumi-cli/release.ts";

export const version = "9.8.7";
export const archiveName = `pulumi-v${version}-${process.platform}-${process.arch}.tar.gz`;

type Answer = (response: ServerResponse) => void;

/** A publisher of the CLI over HTTPS on this machine. This process trusts its certificate authority. */
export interface ReleaseServer {
  origin: string;
  release: Release;
  archive: Buffer;
  /** Sets the answer for a path; by default it is the archive or its list. */
  answer(path: string, how: Answer): void;
  reset(): void;
  close(): Promise<void>;
}

export const checksumsPath = "/checksums.txt";
export const archivePath = `/sdk/${archiveName}`;

export const body =
  (content: string | Buffer, status = 200): Answer =>
  (response) =>
    response.writeHead(status, { "content-length": Buffer.byteLength(content) }).end(content);

export const redirect =
  (location: string): Answer =>
  (response) =>
    response.writeHead(302, { location }).end();

export const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

/** Some megabytes, so that it arrives in more than one piece. */
function makeArchive(directory: string): Buffer {
  const inside = join(directory, "pulumi");
  mkdirSync(inside);
  writeFileSync(join(inside, "pulumi"), "#!/bin/sh\necho v9.8.7\n", { mode: 0o755 });
  writeFileSync(join(inside, "pulumi-language-nodejs"), "#!/bin/sh\n", { mode: 0o755 });
  execFileSync("sh", ["-c", `head -c 3000000 /dev/urandom > '${inside}/large'`]);
  const file = join(directory, "archive.tar.gz");
  execFileSync("tar", ["-czf", file, "-C", directory, "pulumi"]);
  return readFileSync(file);
}

function makeCertificate(directory: string): { key: Buffer; cert: Buffer } {
  const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  execFileSync("openssl", ["req", ...kind, ...name, "-keyout", key, "-out", cert], { stdio: "ignore" });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

export async function startReleaseServer({ isTrusted = true } = {}): Promise<ReleaseServer> {
  const directory = mkdtempSync(join(tmpdir(), "database-backups-release-"));
  const certificate = makeCertificate(directory);
  const archive = makeArchive(directory);
  rmSync(directory, { recursive: true });
  if (isTrusted) setDefaultCACertificates([...getCACertificates(), certificate.cert.toString()]);
  const answers = new Map<string, Answer>();
  const reset = () => {
    answers.clear();
    answers.set(checksumsPath, body(`${"0".repeat(64)}  other\n${sha256(archive)}  ${archiveName}\n`));
    answers.set(archivePath, body(archive));
  };
  reset();
  const server = createServer(certificate, ({ url = "" }, response) => {
    (answers.get(url) ?? body("", 404))(response);
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    release: { version, archives: `${origin}/sdk/`, checksums: `${origin}${checksumsPath}` },
    archive,
    answer: (path, how) => answers.set(path, how),
    reset,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
