import { type PostgresVersion, placesOf } from "../postgres-version.ts";
import { debianImage, type Release, whyNotMade } from "./debian-image.ts";
import { build, canPull, digest, exists, files, pull, repository } from "./images.ts";

/** The Debian release whose packages have a version; null: none has. */
const releaseOf: Record<PostgresVersion, Release | null> = {
  13: "bullseye",
  14: null,
  15: "bookworm",
  16: null,
  17: "trixie",
  18: "forky",
};

const officialImage = (version: PostgresVersion): string => `postgres:${version}`;

const ownImage = (version: PostgresVersion, release: Release): string =>
  `${repository}/postgres:${version}-${digest(release, ...files("postgres"))}`;

/**
 * PostgreSQL's image: the official one where an image registry can be reached, else one like it made of Debian's
 * packages.
 */
export async function postgresImage(version: PostgresVersion): Promise<string> {
  const there = await imageThere(version);
  if (there !== null) return there;
  const official = officialImage(version);
  if (await pull(official)) return official;
  const release = releaseOf[version];
  const reason = await whyNotOfDebian(version);
  if (release === null || reason !== null)
    throw new Error(`There is no image of PostgreSQL ${version}: ${reason}.`);
  const tag = ownImage(version, release);
  const base = await debianImage(release);
  await build(`PostgreSQL ${version}'s image`, tag, "postgres", {
    BASE: base,
    PG_MAJOR: String(version),
    PGDATA: placesOf(version).data,
  });
  return tag;
}

/** Why this machine cannot have a version of PostgreSQL; null when it can. Docker must be there. */
export async function whyNoPostgres(version: PostgresVersion): Promise<string | null> {
  if ((await imageThere(version)) !== null || (await canPull(officialImage(version)))) return null;
  return whyNotOfDebian(version);
}

async function imageThere(version: PostgresVersion): Promise<string | null> {
  const release = releaseOf[version];
  const tags = [officialImage(version), ...(release === null ? [] : [ownImage(version, release)])];
  for (const tag of tags) if (await exists(tag)) return tag;
  return null;
}

async function whyNotOfDebian(version: PostgresVersion): Promise<string | null> {
  const release = releaseOf[version];
  const reason =
    release === null
      ? "no Debian release has its packages"
      : await whyNotMade(release, `postgresql-${version}`);
  return reason === null
    ? null
    : `no image registry has ${officialImage(version)} for this machine, and ${reason}`;
}
