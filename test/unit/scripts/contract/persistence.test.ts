import { describe, expect, test } from "vitest";
import { judgeDatabase } from "../../../../infra/requirements/judge-database.ts";
import { type ContainerMount, mountsOf, persistenceOf } from "../../../../scripts/contract/persistence.ts";
import { judgePersistence } from "../../../../scripts/lib/status/judge-persistence.ts";
import { container, database, withFigures } from "../status/observations.ts";

const directory = "/var/lib/postgresql/data";
const configured = "/root/shop-db/data";

const bind = (source: string, destination = directory): ContainerMount => ({
  type: "bind",
  source,
  destination,
  name: null,
});
const other = (type: string, name: string | null = null): ContainerMount => ({
  type,
  source: "/var/lib/docker/volumes/x/_data",
  destination: directory,
  name,
});

/** Mounts, the verdict, the level of the status check, and the message of Readiness, if any. */
type Row = [string, ContainerMount[], string, string, RegExp | null, string?];

const rows: Row[] = [
  ["the configured directory", [bind(configured)], "configured", "ok", null],
  ["one below it", [bind(`${configured}/15`)], "configured", "ok", null],
  ["the configured one above PGDATA", [bind(configured, "/var/lib/postgresql")], "configured", "ok", null],
  ["its parent above PGDATA", [bind("/root/shop-db", "/var/lib/postgresql")], "configured", "ok", null],
  ["PGDATA of version 18", [bind(configured, "/pg")], "configured", "ok", null, "/pg/18/docker"],
  ["its parent as PGDATA", [bind("/root/shop-db")], "elsewhere", "warning", /in \/root\/shop-db, not in/],
  [
    "its parent above a PGDATA of another name",
    [bind("/root/shop-db", "/var/lib")],
    "elsewhere",
    "warning",
    /in \/root\/shop-db\/postgresql\/data, not in/,
  ],
  ["a directory with a longer name", [bind(`${configured}2`)], "elsewhere", "warning", /not in/],
  ["the root of the host", [bind("/")], "elsewhere", "warning", /in \/, not in/],
  ["a volume with a name", [other("volume", "shop-data")], "volume", "ok", null],
  ["a volume that nobody named", [other("volume", "c".repeat(64))], "anonymous", "critical", /anonymous/],
  ["a volume without any name", [other("volume")], "anonymous", "critical", /anonymous/],
  ["memory", [other("tmpfs")], "passing", "critical", /of type tmpfs, which is lost/],
  ["another type", [other("cluster", "x")], "passing", "critical", /of type cluster, which is lost/],
  ["no mount", [], "inside", "critical", /inside the container/],
  ["a mount beside it", [bind(configured, `${directory}2`)], "inside", "critical", /inside the container/],
  ["a mount below it", [bind(configured, `${directory}/pg_wal`)], "inside", "critical", /inside/],
  [
    "the nearest of two",
    [bind(configured, "/var/lib/postgresql"), other("tmpfs")],
    "passing",
    "critical",
    /tmpfs/,
  ],
  ["the nearest of two, in order", [other("tmpfs"), bind("/x", "/var")], "passing", "critical", /tmpfs/],
];

describe.each(rows)("%s", (_, mounts, kind, level, said, place = directory) => {
  test("is one verdict", () => {
    expect(persistenceOf(mounts, place, configured).kind).toBe(kind);
  });

  test("is judged by the status check", () => {
    const { postgres } = withFigures({ dataDirectory: place });
    const seen = { readable: true as const, value: { ...container, mounts } };
    const findings = judgePersistence(database({ postgres, container: seen }));
    expect(findings.map((finding) => finding.level)).toEqual([level]);
  });

  test("is judged by Readiness", () => {
    const required = {
      ...{ name: "shop", container: "shop-db", database: "shop", user: "shop", backups: "/b" },
      dataDirectory: configured,
    };
    const seen = {
      container: {
        name: "shop-db",
        running: true,
        status: "running",
        dataDirectory: place,
        published: [],
        mounts,
      },
      answer: { ok: true as const, collation: null },
      hasBackup: true,
    };
    const circumstances = { dockerIsDown: false, before: [], others: [], published: {} };
    const { problems } = judgeDatabase(required, seen, circumstances);
    expect(problems).toEqual(said === null ? [] : [expect.stringMatching(said)]);
  });
});

test("Docker's words, and a container without mounts", () => {
  const printed = { Type: "bind", Source: configured, Destination: directory, Name: "" };
  expect(mountsOf([printed])).toEqual([bind(configured)]);
  expect(mountsOf(null)).toEqual([]);
});
