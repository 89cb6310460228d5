import { expect, test } from "vitest";
import {
  loadable,
  settingAdvice,
  unlikeSettings,
  unlikeText,
} from "../../../../scripts/lib/restore/server-settings.ts";

const set = (name: string, value: string) => ({ name, value });
const backup = (...settings: ReturnType<typeof set>[]) => ({
  cluster: { settings },
  properties: { settings: [{ role: "", name: "IntervalStyle", value: "iso_8601" }] },
  content: { extensions: [{ name: "pg_cron" }] },
});

test.each([
  ["the same in other words: a zone", set("TimeZone", "Etc/UTC"), set("TimeZone", "GMT")],
  ["the same in other words: a locale", set("lc_time", "de_DE.utf8"), set("lc_time", "de_DE.UTF-8")],
  [
    "the same in other words: a text search",
    set("default_text_search_config", "pg_catalog.german"),
    set("default_text_search_config", "german"),
  ],
  [
    "one that the database brings along",
    set("intervalstyle", "sql_standard"),
    set("IntervalStyle", "postgres"),
  ],
  ["one of an extension", set("cron.database_name", "app"), set("cron.host", "")],
  ["one of a library that only watches", set("auto_explain.log_analyze", "on"), set("x.y", "")],
])("not reported: %s", (_, then, now) => {
  expect(unlikeSettings(backup(then), [now], "app")).toEqual([]);
});

test("what a new server lacks is reported with both values and what to do, an application's own without its value", () => {
  const then = [
    set("TimeZone", "Europe/Berlin"),
    set("app.tenant", "hunter2"),
    set("max_stack_depth", "7168"),
  ];
  const found = unlikeSettings(backup(...then), [set("TimeZone", "Etc/UTC")], "app");
  expect(found.map(unlikeText)).toEqual([
    "TimeZone was Europe/Berlin and is Etc/UTC",
    "app.tenant was set and is not",
    "max_stack_depth was 7168 and is unknown",
  ]);
  const [zone, own] = found.map((setting) => settingAdvice(setting, "shop"));
  expect(zone).toBe(
    `ALTER SYSTEM SET "TimeZone" = 'Europe/Berlin'; SELECT pg_reload_conf(); or for this database alone ALTER DATABASE "shop" SET "TimeZone" = 'Europe/Berlin'`,
  );
  expect(own).toContain(`"app"."tenant" = '…'`);
  expect(loadable(found)).toEqual([
    { role: "", ...set("TimeZone", "Europe/Berlin") },
    { role: "", ...set("app.tenant", "hunter2") },
  ]);
});

test("nothing is reported for a backup without its server's settings", () => {
  expect(unlikeSettings(null, [], "app")).toEqual([]);
  expect(unlikeSettings({ properties: null }, [set("TimeZone", "UTC")], "app")).toEqual([]);
});
