/** ICU's older keyword names, with their names in language tags. */
const keywords: Readonly<Record<string, string>> = {
  calendar: "ca",
  colalternate: "ka",
  colbackwards: "kb",
  colcasefirst: "kf",
  colcaselevel: "kc",
  collation: "co",
  colnormalization: "kk",
  colnumeric: "kn",
  colreorder: "kr",
  colstrength: "ks",
  currency: "cu",
  hours: "hc",
  numbers: "nu",
  timezone: "tz",
};

/** The same for values. A keyword without a value means "yes". */
const values: Readonly<Record<string, string>> = {
  dictionary: "dict",
  gb2312han: "gb2312",
  gregorian: "gregory",
  phonebook: "phonebk",
  traditional: "trad",
  "non-ignorable": "noignore",
  primary: "level1",
  secondary: "level2",
  tertiary: "level3",
  quaternary: "level4",
  quarternary: "level4",
  identical: "identic",
  no: "false",
  yes: "",
  true: "",
};

const languages: Readonly<Record<string, string>> = { in: "id", iw: "he", ji: "yi", jw: "jv" };

/**
 * A normal form of an ICU locale for comparisons. PostgreSQL 15 stores the locale as typed
 * (`de_DE@collation=phonebook`), 16 and later store a language tag (`de-DE-u-co-phonebk`).
 */
export function icuLocaleForm(locale: string): string {
  const [name = "", own = ""] = locale.toLowerCase().split("@", 2);
  const [tag = "", ...extension] = name
    .replace(/\.[^@]*$/, "")
    .replaceAll("_", "-")
    .split("-u-");
  const posix = tag.endsWith("-posix") ? [["va", "posix"] as const] : [];
  const [first = "", ...regions] = tag.replace(/-posix$/, "").split("-");
  const language = first === "" || first === "root" ? "und" : (languages[first] ?? first);
  const all = [...posix, ...tagged(extension.join("-u-")), ...named(own)]
    .map(([key, value]) => `${key}-${values[value] ?? value}`.replace(/-$/, ""))
    .sort();
  return [language, ...regions, ...all].join(" ");
}

/** `co-phonebk-kn` */
function tagged(extension: string): (readonly [string, string])[] {
  const found: [string, string][] = [];
  for (const word of extension.split("-").filter((each) => each !== "")) {
    const last = found.at(-1);
    if (word.length === 2 || last === undefined) found.push([word, ""]);
    else last[1] = last[1] === "" ? word : `${last[1]}-${word}`;
  }
  return found;
}

/** `collation=phonebook;colnumeric=yes` */
const named = (text: string): (readonly [string, string])[] =>
  text.split(";").flatMap((pair) => {
    const [key = "", value = ""] = pair.split("=", 2).map((word) => word.trim());
    return key === "" ? [] : [[keywords[key] ?? key, value] as const];
  });
