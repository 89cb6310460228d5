import { expect, test } from "vitest";
import { settingsOfLoad } from "../../../../scripts/lib/restore/load-settings.ts";
import { assignment, unlikeText } from "../../../../scripts/lib/restore/server-settings.ts";
import { unlikeUserSettings, userSettingsOfLoad } from "../../../../scripts/lib/restore/user-settings.ts";

const set = (name: string, value: string) => ({ name, value });
const of = (role: string, name: string, value: string) => ({ role, name, value });

/** A backup of a database with settings for all roles, for `app` and for another role. */
const backup = (userSettings: ReturnType<typeof set>[] | undefined) => ({
  cluster: { settings: [set("TimeZone", "UTC"), set("DateStyle", "ISO")], userSettings },
  properties: {
    settings: [
      of("", "datestyle", "SQL"),
      of("app", "intervalstyle", "iso_8601"),
      of("other", "timezone", "X"),
    ],
  },
});
const here = (...userSettings: ReturnType<typeof set>[]) => ({
  settings: [set("TimeZone", "UTC"), set("DateStyle", "ISO")],
  userSettings,
});

test("what the user had in all databases is given to it in the new one, but what it had in that one wins", () => {
  const had = backup([
    set("TimeZone", "Europe/Berlin"),
    set("IntervalStyle", "postgres"),
    set("role", "boss"),
  ]);
  expect(userSettingsOfLoad(had, "app", here())).toEqual([
    of("app", "TimeZone", "Europe/Berlin"),
    of("app", "role", "boss"),
  ]);
  expect(settingsOfLoad(had, { settings: [] }, "app", here())).toEqual([
    of("", "datestyle", "SQL"),
    of("app", "intervalstyle", "iso_8601"),
    of("app", "TimeZone", "Europe/Berlin"),
  ]);
});

test("its present settings are overridden by those of the database or server", () => {
  const now = here(set("TimeZone", "Asia/Tokyo"), set("DateStyle", "German"), set("app.tenant", "x"));
  expect(userSettingsOfLoad(backup([]), "app", now)).toEqual([
    of("app", "TimeZone", "UTC"),
    of("app", "datestyle", "SQL"),
  ]);
});

test("a backup that does not say what the user had changes nothing and tells nothing", () => {
  const now = here(set("TimeZone", "Asia/Tokyo"));
  for (const manifest of [null, backup(undefined), { properties: null }]) {
    expect(userSettingsOfLoad(manifest, "app", now)).toEqual([]);
    expect(unlikeUserSettings(manifest, "app", now)).toEqual([]);
  }
});

test("what is another is reported, of all that data may depend on; a server that has it itself is as good", () => {
  const had = backup([
    set("TimeZone", "Europe/Berlin"),
    set("app.tenant", "hunter2"),
    set("work_mem", "1GB"),
    set("lc_time", "de_DE.utf8"),
    set("bytea_output", "escape"),
  ]);
  const now = here(set("timezone", "UTC"), set("DateStyle", "German"), set("lc_time", "de_DE.UTF-8"));
  now.settings.push(set("bytea_output", "escape"));
  expect(unlikeUserSettings(had, "app", now).map(unlikeText).sort()).toEqual([
    "TimeZone was Europe/Berlin and is UTC",
    "app.tenant was set and is not",
    "datestyle was SQL and is German",
  ]);
  expect(assignment(set("app.tenant", "hunter2"))).toBe(`"app"."tenant" = '…'`);
});
