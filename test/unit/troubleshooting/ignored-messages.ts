interface IgnoredMessage {
  file: string;
  /** Words of the message; `…` stands for any text. */
  words: string;
  reason: string;
}

const internal =
  "can only be a mistake in the code, which the types or a check before it keep from happening";
const part = "only ever stands inside another message";
const carried = "ends with the id of the message that it quotes";
const developer = "is met by whoever changes this repository";
const headline = "is a heading or an advice of the drift report, not a finding";
const progress = "is progress";
const plan = "says why nothing has to be done";
const listed = "is listed in a message that has an id";

/** Messages that need no entry in the documentation. */
export const ignored: readonly IgnoredMessage[] = [
  { file: "infra/generated/quick-reference-document.ts", words: "describes no server", reason: developer },
  { file: "infra/generated/quick-reference-document.ts", words: "must stand in the text", reason: developer },
  {
    file: "infra/generated/quick-reference-document.ts",
    words: "lacks the section on restoring by hand",
    reason: developer,
  },
  { file: "infra/generated/reference.ts", words: "must stand in the text", reason: developer },
  { file: "infra/config/load.ts", words: "is also the host of", reason: listed },
  { file: "infra/config/load.ts", words: "is one address for", reason: listed },
  { file: "infra/config/load.ts", words: "is the same place as", reason: listed },
  { file: "infra/config/load.ts", words: "is one place for", reason: listed },
  { file: "infra/config/load.ts", words: "is missing: make and set it with", reason: listed },
  { file: "infra/deployment/pulumi-stack.ts", words: "no stack is selected", reason: internal },
  { file: "infra/deployment/stack-file.ts", words: "is not under servers", reason: internal },
  { file: "infra/drift/main.ts", words: "and more: see", reason: headline },
  { file: "infra/drift/main.ts", words: "npm run drift -- [--stack", reason: "is help" },
  { file: "infra/drift/main.ts", words: "Looking at the servers", reason: progress },
  { file: "infra/drift/main.ts", words: "Reading what differs", reason: progress },
  { file: "infra/drift/main.ts", words: "resources looked at", reason: progress },
  { file: "infra/drift/wording.ts", words: "as deployed", reason: headline },
  { file: "infra/drift/wording.ts", words: "could not be looked at", reason: headline },
  { file: "infra/drift/wording.ts", words: "is in its place", reason: headline },
  { file: "infra/drift/wording.ts", words: "content differs, and is not shown", reason: headline },
  { file: "infra/drift/wording.ts", words: "not deployed yet", reason: headline },
  { file: "infra/drift/wording.ts", words: "changed", reason: headline },
  { file: "infra/drift/wording.ts", words: "not ready for a deployment", reason: headline },
  { file: "infra/drift/wording.ts", words: "characters)", reason: headline },
  { file: "infra/drift/wording.ts", words: "more lines: see --json", reason: headline },
  { file: "infra/drift/wording.ts", words: "To deploy what is pending", reason: headline },
  { file: "infra/pulumi-cli/cli-error.ts", words: "Install Pulumi", reason: part },
  { file: "infra/local-machine/https-download.ts", words: "", reason: part },
  { file: "infra/pulumi-cli/release.ts", words: "it has no pulumi/pulumi", reason: part },
  { file: "infra/start/run.sh", words: "Installing the dependencies", reason: progress },
  { file: "infra/pipeline/comment-previews.ts", words: "Usage: ", reason: developer },
  { file: "infra/pipeline/report-drift.ts", words: "Usage: ", reason: developer },
  { file: "infra/pipeline/show-preview.ts", words: "Usage: ", reason: developer },
  { file: "infra/remotehost/provider/directory/plan.ts", words: "is already as desired", reason: plan },
  { file: "infra/local-machine/pinned-program.ts", words: "pip fetched nothing", reason: part },
  { file: "infra/local-machine/pinned-program.ts", words: "there is no pip here", reason: part },
  { file: "infra/local-machine/zip-member.ts", words: "", reason: part },
  {
    file: "infra/remotehost/provider/directory/plan.ts",
    words: "no longer belongs to this resource",
    reason: plan,
  },
  {
    file: "infra/remotehost/provider/directory/plan.ts",
    words: "which this deployment did not make",
    reason: part,
  },
  { file: "infra/remotehost/provider/file/plan.ts", words: "is already as desired", reason: plan },
  {
    file: "infra/remotehost/provider/file/plan.ts",
    words: "no longer belongs to this resource",
    reason: plan,
  },
  {
    file: "infra/requirements/judgement.ts",
    words: "replace programs that root runs",
    reason: part,
  },
  {
    file: "infra/requirements/judgement.ts",
    words: "after a reboot it does not start",
    reason: part,
  },
  {
    file: "infra/requirements/judgement.ts",
    words: "also mentions the backup program",
    reason: part,
  },
  { file: "infra/requirements/judgement.ts", words: "rotates … too", reason: part },
  { file: "infra/remotehost/provider/router.ts", words: "the provider remotehost has no", reason: internal },
  { file: "infra/remotehost/provider/router.ts", words: "takes no secrets", reason: internal },
  { file: "infra/remotehost/provider/wire.ts", words: "cannot be sent to the engine", reason: internal },
  { file: "scripts/contract/quoting.ts", words: "a NUL byte", reason: internal },
  { file: "scripts/lib/postgres/database-names.ts", words: "is not a run id", reason: internal },
  {
    file: "scripts/lib/archive/statements.ts",
    words: "the rest is not wanted",
    reason: "nobody sees it",
  },
  { file: "scripts/lib/notify/ping-request.ts", words: "", reason: part },
  { file: "scripts/lib/restore/partly-filling.ts", words: "", reason: listed },
  { file: "scripts/lib/status/judge-persistence.ts", words: "is inside the container", reason: part },
  { file: "scripts/lib/status/judge-persistence.ts", words: "is an anonymous volume", reason: part },
  {
    file: "scripts/lib/status/judge-persistence.ts",
    words: "mount and is lost with the container",
    reason: part,
  },
  { file: "scripts/lib/time/cron-expression.ts", words: "", reason: listed },
  { file: "scripts/lib/archive/write.ts", words: "exit status", reason: part },
  { file: "scripts/lib/history/append.ts", words: "it is a link, not a file", reason: part },
  { file: "scripts/lib/history/append.ts", words: "it belongs to user", reason: part },
  { file: "scripts/lib/program/regular-file.ts", words: ", not a file", reason: part },
  { file: "scripts/lib/program/regular-file.ts", words: "its file system is full", reason: part },
  { file: "scripts/lib/postgres/psql-error.ts", words: "database … as … in container", reason: part },
  { file: "scripts/lib/recovery/rehearsal-lock.ts", words: "the rehearsal of", reason: part },
  {
    file: "scripts/lib/store/local-directory.ts",
    words: "changed while it was copied",
    reason: "no program copies yet",
  },
  { file: "scripts/lib/store/publisher.ts", words: "is not written to its end", reason: internal },
  { file: "scripts/lib/system/space.ts", words: "free, … needed", reason: part },
  { file: "scripts/lib/backup/adopted-manifest.ts", words: "it cannot be restored into one", reason: part },
  { file: "scripts/lib/backup/dump-files.ts", words: "its output is cut off", reason: part },
  { file: "scripts/lib/backup/run.ts", words: "backup refused: ", reason: carried },
  { file: "scripts/lib/backup/take.ts", words: "backup failed: ", reason: carried },
  { file: "scripts/lib/backup/take.ts", words: "its output has no definition", reason: part },
  { file: "scripts/lib/base/deadline.ts", words: "it was not read to its end", reason: part },
  { file: "scripts/lib/content/dumped-sequences.ts", words: "its output has no value", reason: part },
  { file: "scripts/lib/content/snapshot.ts", words: "run it again later", reason: part },
  { file: "scripts/lib/history/monthly-writer.ts", words: "is not mounted", reason: part },
  { file: "scripts/lib/postgres/psql-error.ts", words: "psql ended with status", reason: part },
  { file: "scripts/lib/rehearsal/trial-container.ts", words: "docker run ended", reason: part },
  { file: "scripts/lib/recovery/container-removal.ts", words: "it is not removed", reason: part },
  { file: "scripts/lib/restore/keep-going.ts", words: "psql ended with status", reason: part },
  { file: "scripts/lib/restore/source.ts", words: "it describes", reason: part },
  { file: "scripts/lib/store/manifest.ts", words: "it was changed after it was written", reason: part },
  { file: "scripts/lib/system/docker.ts", words: "it is stopped", reason: part },
  { file: "scripts/lib/postgres/session.ts", words: "two questions at once", reason: internal },
  { file: "scripts/lib/restore/in-place-preparation.ts", words: "no content", reason: internal },
  { file: "scripts/lib/restore/tables.ts", words: "no live database", reason: internal },
];
