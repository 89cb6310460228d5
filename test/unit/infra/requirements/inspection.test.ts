import { expect, it } from "vitest";
import { inspectionScript, parseInspection } from "../../../../infra/requirements/inspection.ts";
import { container, mount, requirements } from "./fit-server.ts";

it("the script holds every word of the requirements as one word of the shell", () => {
  const [first] = requirements.databases;
  const nasty = { ...requirements, databases: first ? [{ ...first, user: "a'; touch /x; '" }] : [] };
  expect(inspectionScript(nasty)).toContain(`'a'\\''; touch /x; '\\'''`);
});

it("what the script prints is read, and texts cannot be taken for fields", () => {
  const encoded = (text: string) => Buffer.from(text).toString("base64");
  // Podman's names have no slash.
  const printed = (name: string, ...data: string[]) =>
    `{"name":"${name}","running":true,"status":"running","dataDirectories":[${["null", ...data].join()}],` +
    `"ports":{"5432/tcp":[{"HostIp":"127.0.0.1","HostPort":"5433"}],"80/tcp":null},"mounts":[{"Type":"bind","Source":"${mount.source}","Destination":"${mount.destination}"}]}`;
  const output = [
    `os:${encoded('ID=debian\nPRETTY_NAME="Debian 12"\n')}`,
    `cron:${encoded("runs\n")}`,
    `missing:${encoded("xz")}`,
    `node:${encoded("/usr/bin/node\nv22.1.0")}`,
    "database:",
    `container:${encoded(printed("/app-db", '"PGDATA=/var/lib/postgresql/data"'))}`,
    `refused:${encoded("cron:\nFATAL")}`,
    "backup:",
    "database:",
    `container:${encoded(printed("app-db"))}`,
    `answered:${encoded("1\n2.31|2.36\n")}`,
    "database:",
    `answered:${encoded("1\n")}`,
    `postgres:${encoded("app-db|postgres:17|5432/tcp|\nweb|acme/web||\n")}`,
    `free:${encoded("12\n")}`,
  ].join("\n");
  expect(parseInspection(output)).toEqual({
    osRelease: { ID: "debian", PRETTY_NAME: "Debian 12" },
    missingCommands: ["xz"],
    cronRuns: true,
    dockerProblem: null,
    databases: [
      { container, answer: { ok: false, text: "cron:\nFATAL" }, hasBackup: true },
      { container, answer: { ok: true, collation: { recorded: "2.31", actual: "2.36" } }, hasBackup: false },
      { container: null, answer: { ok: true, collation: null }, hasBackup: false },
    ],
    postgresContainers: ["app-db"],
    directories: [{ freeBytes: 12 * 1024 }],
    systemNode: { path: "/usr/bin/node", version: "22.1.0" },
    logProblem: null,
    hasMailer: false,
  });
});
