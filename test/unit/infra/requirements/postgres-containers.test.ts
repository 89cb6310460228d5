import { describe, expect, it } from "vitest";
import { judge } from "../../../../infra/requirements/judgement.ts";
import { parsePostgresContainers } from "../../../../infra/requirements/postgres-containers.ts";
import { container, database, fit, judged, machine, requirements } from "./fit-server.ts";

describe("a PostgreSQL that no database of the configuration names", () => {
  const running = { postgresContainers: ["app-db", "other-db"] };

  it("is named, because nothing of it is backed up", () => {
    expect(judged(running)).toEqual({
      problems: [],
      notes: [expect.stringMatching(/also runs in other-db\. .*not backed up/)],
    });
  });

  it("is named where the configured container does not exist, which may be misspelt", () => {
    const seen = { ...fit, ...database({ container: null }), postgresContainers: ["other-db"] };
    const found = judge(machine, requirements, seen);
    expect(found).toEqual({
      problems: [],
      notes: [expect.stringMatching(/app is not backed up.*other-db.*databases\.app\.container/)],
      waiting: ["app"],
    });
  });

  it("is not reported if the stack manages the container and has not created it yet", () => {
    const more = { managed: ["app"], before: true };
    const stopped = database({ container: { ...container, running: false, status: "exited" } });
    for (const seen of [database({ container: null, hasBackup: true }), stopped])
      expect(judged(seen, more)).toEqual({ problems: [], notes: [] });
    expect(judged(stopped, { ...more, before: false }).problems).toHaveLength(1);
  });
});

describe("the containers that PostgreSQL runs in", () => {
  it.each([
    ["db|postgres:17||", ["db"]],
    ["db|registry.example/backups/postgres:17||", ["db"]],
    ["copies|acme/postgres-backup-s3:16||", []],
    ["db|ghcr.io/acme/pgvector@sha256:0|5432/tcp|", ["db"]],
    ["db|acme/database:1|127.0.0.1:5433->5432/tcp|", ["db"]],
    ["web|acme/web:1|0.0.0.0:80->80/tcp|", []],
    ["pool|edoburu/pgbouncer:1|5432/tcp|", []],
    ["app-backup-db|postgres:17|5432/tcp|", ["app-backup-db"]],
    ["exporter|quay.io/prometheuscommunity/postgres-exporter|9187/tcp|", []],
    ["trial|postgres:17||library", []],
    ["a|postgres:15||\nb|timescale/timescaledb:latest-pg16|5432/tcp|\n", ["a", "b"]],
    ["", []],
  ])("%s", (text, names) => {
    expect(parsePostgresContainers(text)).toEqual(names);
  });
});
