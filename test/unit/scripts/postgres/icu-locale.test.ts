import { describe, expect, test } from "vitest";
import { icuLocaleForm } from "../../../../scripts/lib/postgres/icu-locale.ts";

describe("a locale of ICU is the same however a version of PostgreSQL writes it down", () => {
  // The second is PostgreSQL 17.12's form of the first.
  const written: [typed: string, tag: string][] = [
    ["de_DE", "de-DE"],
    ["de-DE", "de-DE"],
    ["de_AT@collation=phonebook", "de-AT-u-co-phonebk"],
    ["de-u-co-phonebk", "de-u-co-phonebk"],
    ["zh_Hant_TW", "zh-Hant-TW"],
    ["zh-TW", "zh-TW"],
    ["en_US.UTF-8", "en-US"],
    ["en_US_POSIX", "en-US-u-va-posix"],
    ["root", "und"],
    ["", "und"],
    ["und", "und"],
    ["und-u-ks-level2", "und-u-ks-level2"],
    ["@colStrength=secondary", "und-u-ks-level2"],
    ["und@colNumeric=yes", "und-u-kn"],
    ["en@colNumeric=yes;colStrength=primary", "en-u-kn-ks-level1"],
    ["en@colStrength=primary;colNumeric=yes", "en-u-kn-ks-level1"],
    ["en-u-kn-true", "en-u-kn"],
    ["en-u-kn", "en-u-kn"],
    ["en@colCaseFirst=upper", "en-u-kf-upper"],
    ["en@colAlternate=shifted", "en-u-ka-shifted"],
    ["en@colAlternate=non-ignorable", "en-u-ka-noignore"],
    ["en@colBackwards=yes", "en-u-kb"],
    ["en@colCaseLevel=yes", "en-u-kc"],
    ["en@colNormalization=no", "en-u-kk-false"],
    ["es@collation=traditional", "es-u-co-trad"],
    ["zh@collation=gb2312han", "zh-u-co-gb2312"],
    ["de@collation=dictionary", "de-u-co-dict"],
    ["en@colReorder=grek-cyrl", "en-u-kr-grek-cyrl"],
    ["sr_Latn_RS", "sr-Latn-RS"],
    ["DE_de", "de-DE"],
    ["ca_ES_VALENCIA", "ca-ES-valencia"],
    ["en-US-u-va-posix", "en-US-u-va-posix"],
    ["C", "C"],
    ["POSIX", "posix"],
    ["en_US@currency=EUR", "en-US-u-cu-eur"],
    ["de@calendar=gregorian", "de-u-ca-gregory"],
    ["de__PHONEBOOK", "de__PHONEBOOK"],
    ["en-u-ks-level2-kn", "en-u-kn-ks-level2"],
    ["en@colStrength=identical", "en-u-ks-identic"],
    ["xx_yy", "xx-YY"],
    ["nb_NO", "nb-NO"],
    ["no_NO", "no-NO"],
    ["iw_IL", "he-IL"],
    ["fr_CA@colBackwards=no", "fr-CA-u-kb-false"],
  ];
  test.each(written)("%j is %s", (typed, tag) => expect(icuLocaleForm(typed)).toBe(icuLocaleForm(tag)));

  test("and another one is another", () => {
    const forms = new Set(written.map(([, tag]) => icuLocaleForm(tag)));
    expect(forms.size).toBe(new Set(written.map(([, tag]) => tag)).size);
  });

  test.each([
    ["de-DE", "de-AT"],
    ["de", "de-u-co-phonebk"],
    ["de@collation=phonebook", "de@collation=dictionary"],
    ["und-u-ks-level1", "und-u-ks-level2"],
    ["en-u-kn", "en-u-kn-false"],
    ["sr_Latn_RS", "sr_Cyrl_RS"],
  ])("%s is not %s", (one, other) => expect(icuLocaleForm(one)).not.toBe(icuLocaleForm(other)));
});
