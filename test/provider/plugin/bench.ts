import { basename } from "node:path";
import type { Connection } from "../../../infra/remotehost/connection.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { type Plugin, type Properties, type Reading, startPlugin } from "./plugin.ts";

export type Kind = "Directory" | "File" | "CronTable" | "Readiness";

/** A resource in the state, as the engine keeps it. */
export interface Resource {
  urn: string;
  id: string;
  inputs: Properties;
  outputs: Properties;
}

export function urnOf(kind: Kind, name: string, stack = "test", project = "bench"): string {
  return `urn:pulumi:${stack}::${project}::database-backups:index:BackupServer$remotehost:index:${kind}::${name}`;
}

export function connectionTo(server: SandboxServer, key = server.alias): Connection {
  // A machine that is busy with other tests may answer late.
  return { key, host: server.alias, configFile: server.sshConfig, connectTimeout: 90 };
}

/** Checks a resource, then creates or updates it, like the engine. @throws the failures of the check */
export async function createOrUpdate(
  plugin: Plugin,
  urn: string,
  args: Properties,
  old?: Resource,
): Promise<Resource> {
  const { inputs, failures } = await plugin.check(urn, args, old?.inputs);
  if (failures.length > 0) throw new Error(failures.join("\n"));
  if (old) return { ...old, urn, inputs, outputs: await plugin.update(urn, old.id, old.outputs, inputs) };
  const { id, properties } = await plugin.create(urn, inputs);
  return { urn, id, inputs, outputs: properties };
}

/** Reads a resource with a new plugin, like a new preview. */
export async function refresh(resource: Resource): Promise<Reading> {
  return withPlugin((plugin) => plugin.read(resource.urn, resource.id, resource.outputs));
}

/** The inputs in which a reading differs from the desired ones, each `name: seen`. */
export function drift(resource: Resource, reading: Reading): Properties {
  const seen = reading.inputs ?? {};
  const names = new Set([...Object.keys(seen), ...Object.keys(resource.inputs)]);
  const differing = [...names].filter(
    (name) => JSON.stringify(seen[name]) !== JSON.stringify(resource.inputs[name]),
  );
  return Object.fromEntries(differing.map((name) => [name, seen[name]]));
}

/** Does the work with a plugin that ends with the work. */
export async function withPlugin<Result>(work: (plugin: Plugin) => Promise<Result>): Promise<Result> {
  const plugin = await startPlugin();
  try {
    return await work(plugin);
  } finally {
    await plugin.end();
  }
}

/** The paths of kept files under replaced/ with that base name, oldest first. */
export async function keptOf(server: SandboxServer, path: string): Promise<string[]> {
  const { stdout } = await server.run("ls /opt/database-backups/replaced 2>/dev/null");
  return stdout
    .split("\n")
    .filter((name) => name.includes(basename(path)))
    .map((name) => `/opt/database-backups/replaced/${name}`);
}
