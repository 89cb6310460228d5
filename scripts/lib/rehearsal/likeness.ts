import type { Cluster, ServerSetting } from "../../contract/cluster.ts";

/** Makes a trial server like the live one, and reports where its image cannot. */

type Template = Cluster["template"];

const providers: Readonly<Record<string, (locale: string) => string[]>> = {
  i: (locale) => ["--locale-provider=icu", `--icu-locale=${locale}`],
  b: (locale) => ["--locale-provider=builtin", `--builtin-locale=${locale}`],
};

/** The locale for initdb; the encoding is a separate option. Messages are recognised by their code, in one language. */
export function localeArguments({ collate, ctype, provider, providerLocale, icuRules }: Template): string[] {
  return [
    `--lc-collate=${collate}`,
    `--lc-ctype=${ctype}`,
    ...["messages", "monetary", "numeric", "time"].map((category) => `--lc-${category}=C`),
    ...(providers[provider]?.(providerLocale ?? "") ?? []),
    ...(icuRules === null ? [] : [`--icu-rules=${icuRules}`]),
  ];
}

/** Why the trial server does not have the live one's locale. */
export const plainLocaleNote = ({ collate, ctype, providerLocale }: Template): string =>
  `the trial server was initialised with locale C: its image cannot make one with ${providerLocale ?? `${collate}, ${ctype}`}, as the live server was`;

/**
 * The live server's settings, without settings of preloaded libraries that the trial server does not preload. Without
 * the library they have no meaning.
 */
export function settingsOnTrial(
  { settings }: Pick<Cluster, "settings">,
  livePreloaded: readonly string[],
  preloaded: readonly string[],
): ServerSetting[] {
  const prefixes = (libraries: readonly string[]) =>
    new Set(libraries.flatMap((library) => [library, library.replace(/^pg_/, "")]));
  const known = prefixes(preloaded);
  const absent = prefixes(livePreloaded);
  return settings.filter(({ name }) => {
    const [prefix = "", ...rest] = name.split(".");
    return rest.length === 0 || known.has(prefix) || !absent.has(prefix);
  });
}

/** The settings that are named in the log of a server that did not start. */
export const refusedSettings = (settings: readonly ServerSetting[], log: string): ServerSetting[] =>
  settings.filter(({ name }) => log.includes(`"${name}"`));

export const refusedNote = ({ name, value }: ServerSetting): string =>
  name.includes(".")
    ? `the trial server does without the live server's setting ${name}, which its image does not take`
    : `the trial server does without the live server's ${name} = ${value}: its image lacks what that needs`;
