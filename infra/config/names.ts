/** The Pulumi project: the prefix of its keys in `Pulumi.STACK.yaml`. */
export const project = "database-backups";

/** The key that is always a secret: PostgreSQL's first password, per database with a managed container. */
export const passwordsKey = "databasePasswords";

/** The key, always a secret, by which a stack knows its own copies. */
export const copyKeyName = "copyKey";
