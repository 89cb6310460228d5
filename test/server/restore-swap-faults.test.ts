import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { swapStatements } from "../../scripts/lib/restore/swap.ts";
import { type RestoreServer, startRestoreServer } from "./restore-server.ts";

/**
 * A wrapper of docker, first on PATH. It reads each line that goes to a psql, and provokes FAULT before or after
 * statement NUMBER, counted from the line FIRST. This stops the swap at each of its statements without code in the
 * product.
 */
const dockerInBetween = `#!/bin/sh
real=/usr/bin/docker
case "$*" in
  *" -f -") exec $real "$@" ;;
  "exec --interactive "*" psql "*) ;;
  *) exec $real "$@" ;;
esac
program=$PPID
fault() {
  touch /tmp/fault-happened
  case $FAULT in
    program) kill -KILL $program ;;
    container) $real kill "$CONTAINER" >/dev/null; $real start "$CONTAINER" >/dev/null ;;
    down) $real kill "$CONTAINER" >/dev/null ;;
    limit) $real exec "$CONTAINER" psql -X -q -U "$DATABASE_USER" -d template1 \\
      -c "alter database curriculum_library_api_production connection limit 77" ;;
    hang) $real pause "$CONTAINER" >/dev/null ;;
    # By signals: while connections are held, no new session could terminate the backends.
    connection) $real exec "$CONTAINER" sh -c \\
      'for process in /proc/[0-9]*; do case $(tr "\\0" " " <$process/cmdline) in "postgres: "*" [local] "*) kill -TERM \${process#/proc/} ;; esac; done' ;;
  esac
}
watch() {
  rm "$pipe"
  number=0
  while IFS= read -r line || [ -n "$line" ]; do
    hit=
    case "$number$line" in
      # The end of a query, and the marker of its end, are no statements.
      *";" | *"\\\\echo "*) ;;
      "0$FIRST" | [1-9]*)
        number=$((number + 1))
        [ "$number" != "$NUMBER" ] || hit=$WHEN ;;
    esac
    if [ "$hit" = before ]; then
      fault
      # A crashed program sends nothing more.
      [ $FAULT != program ] || exit
    fi
    printf '%s\\n' "$line"
    [ "$hit" != after ] || fault
  done
}
# A pipeline would outlive the docker that it feeds. A signal to this process must end docker.
pipe=$(mktemp -u)
mkfifo "$pipe"
exec 3<&0
watch <&3 >"$pipe" 2>/dev/null &
exec $real "$@" <"$pipe" 3<&-
`;

const live = "curriculum_library_api_production";
const present = `select string_agg(id || ':' || what, ',' order by id) from wares`;
const old = "1:old,2:old";
const restored = "1:new,2:new,3:new";

let server: RestoreServer;
let archive: string;

beforeAll(async () => {
  server = await startRestoreServer({ database: "empty" });
  const { sandbox } = server;
  await sandbox.psql("create table wares (id int primary key, what text)");
  await sandbox.psql("insert into wares select id, 'new' from generate_series(1, 3) id");
  archive = await server.backUp();
  await sandbox.writeFile("/opt/test/bin/docker", dockerInBetween, "0755");
});

afterAll(() => server?.remove());

const statements = swapStatements({ live: "LIVE", incoming: "INCOMING", outgoing: "OUTGOING" }, true);
// While a statement is sent, the state is that of its predecessor. The waiting and the deciding one are exceptions.
const moments = [
  ...statements.map((at, index) => ({ when: "before", number: index + 1, at })),
  ...[2, statements.length - 1].map((index) => ({
    when: "after",
    number: index + 1,
    at: statements[index] ?? "",
  })),
];
const beforeCommit = { first: "BEGIN", number: statements.length, when: "before" };
const faults = ["program", "container", "connection"] as const;

interface Moment {
  first: string;
  number: number;
  when: string;
}

async function restoreWith(
  fault: (typeof faults)[number] | "down" | "hang" | "limit",
  moment: Moment,
  words: string,
) {
  const { sandbox } = server;
  const fixed = `CONTAINER=${sandbox.container} DATABASE_USER=${sandbox.databaseUser}`;
  const variables = `FIRST='${moment.first}' NUMBER=${moment.number} WHEN=${moment.when} FAULT=${fault} ${fixed}`;
  await sandbox.run("rm -f /tmp/fault-happened");
  const broken = await server.restore(words, `PATH="/opt/test/bin:$PATH" ${variables}`);
  expect((await sandbox.run("ls /tmp/fault-happened")).code).toBe(0);
  if (fault === "container" || fault === "down") await sandbox.startDatabase();
  return broken;
}

const damage = () =>
  server.sandbox.psql("delete from wares; insert into wares values (1, 'old'), (2, 'old')");

const halfFilled = async () =>
  (await server.databases()).filter((database) => database.includes("_restoring_"));

describe.each(faults)("%s lost", (fault) => {
  test("in a restore: the live database is unchanged, and the next run leaves nothing half-filled", async () => {
    const { sandbox } = server;
    await damage();
    await restoreWith(fault, beforeCommit, `--yes ${archive}`);
    expect(await sandbox.psql(present)).toBe(old);
    expect((await halfFilled()).length).toBeLessThanOrEqual(1);
    expect(await server.restore(`--yes ${archive}`)).toMatchObject({ code: 0 });
    expect(await sandbox.psql(present)).toBe(restored);
    expect(await halfFilled()).toEqual([]);
  });

  // A roll back is only the swap. Each is also the next run after the case before it.
  test.each(moments)("$when statement $number of the swap: $at", async ({ at, number, when }) => {
    const { sandbox } = server;
    const before = await sandbox.psql(present);
    const databases = (await server.databases()).length;
    const broken = await restoreWith(fault, { first: "BEGIN", number, when }, "--yes --rollback");

    // The live name leads to the old or the new database, open to clients, and both still exist.
    const found = await sandbox.psql(present);
    expect([old, restored]).toContain(found);
    if (at !== "COMMIT" || when === "before") expect(found).toBe(before);
    if (broken.code === 0) expect(found).not.toBe(before);
    expect((await server.databases()).length).toBe(databases);
  });
});

test("a container that hangs: exit code 12, and the live database is wholly one of the two", async () => {
  const { sandbox, settings } = server;
  await damage();
  const impatient = { ...settings, timeouts: { ...settings.timeouts, query: 8 } };
  await sandbox.writeFile("/tmp/impatient.json", JSON.stringify(impatient), "0600");
  const words = `--yes --settings /tmp/impatient.json ${archive}`;
  const broken = await restoreWith("hang", beforeCommit, words);
  await sandbox.run(`docker unpause ${sandbox.container}`);
  expect(broken.stderr).toMatch(
    /gave no answer within 13 s.*; \S+ is wholly the old or the new one.* \[DBK-RESTORE-14\]/,
  );
  expect(broken.code).toBe(12);
  expect([old, restored]).toContain(await sandbox.psql(present));
});

test("a container lost at the drop of an in-place restore: no message claims that nothing has changed", async () => {
  const { sandbox } = server;
  await damage();
  const moment = { first: `DROP DATABASE "${live}"`, number: 1, when: "before" };
  const broken = await restoreWith("down", moment, `--yes --in-place ${archive}`);
  expect(broken.stderr).toMatch(/does not say whether there is a database .* --rollback .*\[DBK-INPLACE-6\]/);
  expect(broken.code).toBe(11);

  // The swap had not happened, by the database's oid. The content since then is kept.
  const kept = await server.databases();
  const rolledBack = await server.restore("--yes --rollback");
  expect(rolledBack.stdout).toMatch(/had dropped nothing/);
  expect(rolledBack.code).toBe(0);
  expect(await sandbox.psql(present)).toBe(old);
  expect(await server.databases()).toEqual(kept);
});

test("a property that is changed when the drop of an in-place restore begins: it is not dropped", async () => {
  const { sandbox } = server;
  await damage();
  const moment = { first: `DROP DATABASE "${live}"`, number: 1, when: "before" };
  const refused = await restoreWith("limit", moment, `--yes --in-place ${archive}`);
  expect(refused.stderr).toMatch(
    /could not drop .*connectionLimit is 77 instead of -1; run it again.*; nothing was lost/,
  );
  expect(refused.code).toBe(1);
  expect(await sandbox.psql(present)).toBe(old);
  const limit = `select datconnlimit from pg_database where datname = '${live}'`;
  expect(await sandbox.psql(limit)).toBe("77");
  expect((await sandbox.run("ls -A /root/database_backups | grep in-place")).stdout).toBe("");
  await sandbox.psql(`alter database ${live} connection limit -1`);
});
