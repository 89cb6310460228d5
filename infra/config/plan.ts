import type { Connection } from "../remotehost/connection.ts";
import { databaseDefaults } from "./database-defaults.ts";
import { type Defaults, defaultLogin, defaults, managedContainerDefaults } from "./defaults.ts";
import { merged } from "./merge.ts";
import { project } from "./names.ts";
import type { Configuration, ManagedContainer, Server } from "./schema.ts";
import { type StorePlan, storePlans } from "./store-plan.ts";
import { durationSeconds } from "./values.ts";

/** One database on one server, every name resolved. */
export interface DatabasePlan {
  name: string;
  container: string;
  database: string;
  user: string;
  dataDirectory: string;
  port?: number;
  passwordFile?: string;
  managedContainer: ManagedContainer | null;
}

/** Everything one server gets, with the environment's values and the server's own merged. */
export interface ServerPlan extends Defaults {
  key: string;
  formerly: string | null;
  /** `PROJECT/STACK` that may still own the machine and hands it over; null where none does. */
  formerStack: string | null;
  connection: Connection;
  databases: DatabasePlan[];
  /** Where its backups are copied to. */
  copies: StorePlan[];
  /** The stack's key for copies; null where the server has none. */
  copyKey: string | null;
}

/** What the stack is to be. */
export interface StackPlan {
  servers: ServerPlan[];
  decommissioned: Record<string, "remove" | "forget">;
  /** `PROJECT/STACK` that hands over what belongs to no server of the configuration any more; null where none does. */
  formerStack: string | null;
}

type DatabaseOverrides = NonNullable<Configuration["databases"]>[string];

function databasePlan(key: string, environment: DatabaseOverrides, server: DatabaseOverrides): DatabasePlan {
  const given = merged<DatabaseOverrides>({}, environment, server);
  const container = given.container ?? databaseDefaults.container(key);
  return {
    name: key,
    container,
    database: given.database ?? databaseDefaults.database(key),
    user: given.user ?? databaseDefaults.user(key),
    dataDirectory: given.dataDirectory ?? databaseDefaults.dataDirectory(container),
    ...(given.port !== undefined && { port: given.port }),
    ...(given.passwordFile !== undefined && { passwordFile: given.passwordFile }),
    managedContainer:
      given.managedContainer === undefined ? null : merged(managedContainerDefaults, given.managedContainer),
  };
}

function connectionOf(key: string, server: Server): Connection {
  const { host, user, port, hostKey, identityFile, sshConfig, proxyJump } = server;
  const timeout = durationSeconds(server.connectTimeout ?? "");
  return {
    key,
    host: host ?? key,
    // Written in full, so that the same configuration means the same login on every machine.
    user: user ?? defaultLogin,
    ...(port !== undefined && { port }),
    ...(hostKey !== undefined && { hostKey }),
    ...(sshConfig !== undefined && { configFile: sshConfig }),
    ...(identityFile !== undefined && { identityFile }),
    ...(proxyJump !== undefined && { proxyJump }),
    ...(timeout !== null && { connectTimeout: Math.ceil(timeout) }),
  };
}

const qualified = (stack: string | undefined): string | null =>
  stack === undefined ? null : stack.includes("/") ? stack : `${project}/${stack}`;

function serverPlan(key: string, server: Server, configuration: Configuration): ServerPlan {
  const own = server.databases;
  const keys = Object.keys(own ?? configuration.databases);
  const copies = storePlans(key, server, configuration);
  return {
    key,
    formerly: server.formerly ?? null,
    formerStack: qualified(server.formerStack ?? configuration.formerStack),
    connection: connectionOf(key, server),
    databases: keys.map((name) => databasePlan(name, configuration.databases[name] ?? {}, own?.[name] ?? {})),
    paths: merged(defaults.paths, configuration.paths, server.paths),
    backups: merged(defaults.backups, configuration.backups, server.backups),
    rehearsal: merged(defaults.rehearsal, configuration.rehearsal, server.rehearsal),
    monitoring: merged(defaults.monitoring, configuration.monitoring, server.monitoring),
    runtime: server.runtime ?? configuration.runtime ?? defaults.runtime,
    copies,
    copyKey: copies.length === 0 ? null : (configuration.copyKey ?? null),
    verification: server.verification ?? configuration.verification ?? defaults.verification,
  };
}

/** The plan that a configuration describes: pure, and the same for the same configuration. */
export function stackPlan(configuration: Configuration): StackPlan {
  return {
    servers: Object.entries(configuration.servers).map(([key, server]) =>
      serverPlan(key, server, configuration),
    ),
    decommissioned: configuration.decommissioned ?? {},
    formerStack: qualified(configuration.formerStack),
  };
}
