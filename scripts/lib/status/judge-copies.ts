import type { CopiesState } from "../../contract/copies.ts";
import type { Settings, StoreSettings } from "../../contract/settings.ts";
import type { Finding, StoreReport } from "../../contract/status-report.ts";
import { formatAge, formatDuration } from "../base/format.ts";
import { dueCopies } from "../retention/copies.ts";
import type { Backup } from "../store/backups.ts";
import type { GoodBackup } from "../store/copies-state.ts";
import { nextRun } from "../time/cron-schedule.ts";
import { critical, note, ok, point, unknown, warning } from "./levels.ts";
import type { Observed, ServerObservation, StoreObservation, Unreadable } from "./observation.ts";

/** Of stores with `verify: digest`; some have no digest, so that nothing more can be said. */
const notReadBack = "not read back: only its size was compared, and its digest where the store has one";

const hour = 3_600_000;
/** A copy run reads the newest copy again each week; two days later something is wrong. */
const rereadHours = 9 * 24;
/** A backup that waits so much longer than it may is in danger. */
const criticalHours = 24;

/** Point 9, once per store; what this server knows of it, without asking the store. */
export function judgeStores(server: ServerObservation): StoreReport[] {
  return server.stores.map((store) => reportOf(store, server));
}

function reportOf(store: StoreObservation, server: ServerObservation): StoreReport {
  const { place, state } = store;
  const counted = state.readable ? Object.values(state.value.copies) : [];
  const newest = counted.reduce<string | null>(
    (latest, { takenAt }) => (latest === null || takenAt > latest ? takenAt : latest),
    null,
  );
  return {
    name: place.name,
    place: place.place,
    point: point(9, judgeStore(store, server)),
    copies: counted.length,
    newest,
    verify: place.verify,
    listedAt: state.readable ? state.value.listedAt : null,
  };
}

function judgeStore({ place, state }: StoreObservation, server: ServerObservation): Finding[] {
  const { settings } = server;
  if (!state.readable)
    return [
      unknown(
        `${place.name}: what was copied is not known: ${state.reason} [DBK-COPY-14]`,
        copyNow(settings, place),
      ),
    ];
  const findings = server.databases.map(({ backups, settings: { name } }) =>
    judgeDatabase(name, place, state.value, backups, server),
  );
  return findings.flat();
}

const copyNow = ({ paths }: Settings, { name }: StoreSettings): string =>
  `see: grep copy_backups ${paths.log}; copy now: ${paths.copyLauncher ?? "pulumi up"} --store ${name}`;

function judgeDatabase(
  database: string,
  place: StoreSettings,
  state: CopiesState,
  backups: Observed<readonly Backup[]> | Unreadable,
  { now, settings }: ServerObservation,
): Finding[] {
  const where = `${database} at ${place.name}`;
  if (!backups.readable)
    return [unknown(`${where}: the backups here cannot be read [DBK-COPY-14]`, copyNow(settings, place))];
  const [newest] = Object.values(state.copies)
    .filter((copy) => copy.database === database)
    .sort((one, other) => Date.parse(other.takenAt) - Date.parse(one.takenAt));
  const late = lateFinding(
    where,
    dueCopies(state, database, backups.value, place, now),
    place,
    settings,
    now,
  );
  if (newest === undefined) {
    if (late !== null) return [late];
    return [note(backups.value.length === 0 ? `${where}: no backup to copy yet` : `${where}: no copy yet`)];
  }
  const age = formatAge(new Date(newest.takenAt), now);
  const level = newest.level === "full" ? "read back whole" : notReadBack;
  const read = now.getTime() - Date.parse(newest.verifiedAt);
  return [
    ...(late === null ? [] : [late]),
    ...(newest.level === "full" && read > rereadHours * hour
      ? [
          warning(
            `${where}: the newest copy was read back ${formatAge(new Date(newest.verifiedAt), now)} and not since [DBK-COPY-9]`,
            copyNow(settings, place),
          ),
        ]
      : []),
    ok(`${where}: newest copy of a backup taken ${age}, ${level}`),
  ];
}

/** A backup may wait for the store's next run, and as long as a backup may be late. */
function lateFinding(
  where: string,
  waiting: readonly GoodBackup[],
  place: StoreSettings,
  settings: Settings,
  now: Date,
): Finding | null {
  const grace = settings.monitoring.backupAgeGraceHours * hour;
  const lateBy = (backup: GoodBackup): number => {
    const from = new Date(backup.manifest.verifiedAt);
    const due = nextRun(place.schedule, from) ?? from;
    return now.getTime() - due.getTime() - grace;
  };
  const late = waiting.filter((backup) => lateBy(backup) > 0);
  const [oldest] = late;
  if (oldest === undefined) return null;
  const waits = formatDuration((now.getTime() - Date.parse(oldest.manifest.verifiedAt)) / 1000);
  const count = late.length === 1 ? "1 backup has" : `${late.length} backups have`;
  const text = `${where}: ${count} no copy; ${oldest.stem} waits for ${waits} [DBK-COPY-10]`;
  const isCritical = lateBy(oldest) > criticalHours * hour;
  return (isCritical ? critical : warning)(text, copyNow(settings, place));
}
