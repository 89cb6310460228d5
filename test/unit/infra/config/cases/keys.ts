import { databases, row, server, top } from "./row.ts";

/** Unknown, wrong and obsolete keys. */
export const keys = [
  row("no servers", { databases }, "servers", "is missing"),
  row("no databases", { servers: {} }, "databases", "is missing"),
  row("an unknown top key", top({ verifcation: true }), "verifcation", "did you mean verification?"),
  row("an unknown key of a server", server({ prot: 22 }), "servers.one.prot", "did you mean port?"),
  row("an unknown key far from all", server({ wibble: 1 }), "servers.one.wibble", "known are host, user"),
  row(
    "an unknown key two levels down",
    top({ backups: { retention: { dayz: 1 } } }),
    "backups.retention.dayz",
    "did you mean days?",
  ),
  row(
    "an unknown key of a server's override",
    server({ backups: { timeouts: { dump: "1h" } } }),
    "servers.one.backups.timeouts.dump",
    "unknown key",
  ),
  row(
    "a server's key with a space",
    { servers: { "c d": {} }, databases },
    "servers.c d",
    "must be letters, digits",
  ),
  row(
    "a server's key with a colon",
    { servers: { "a::b": {} }, databases },
    "servers.a::b",
    "must be letters, digits",
  ),
  row(
    "a database's key with a capital",
    { servers: { one: {} }, databases: { Library: {} } },
    "databases.Library",
    "lower-case",
  ),
  row(
    "a database's key with a dash, with the way out",
    { servers: { one: {} }, databases: { "my-shop": {} } },
    "databases.my-shop",
    "write my_shop, and under it container, database and user as they really are, such as container: my-shop-db",
  ),
  row(
    "a database's key of nothing that can be kept",
    { servers: { one: {} }, databases: { "-": {} } },
    "databases.-",
    "must not begin with -",
  ),
  row(
    "a server without braces",
    { servers: { one: null }, databases },
    "servers.one",
    "write {} to take every default",
  ),
];
