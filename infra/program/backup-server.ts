import type * as pulumi from "@pulumi/pulumi";
import { all, secret } from "@pulumi/pulumi/output.js";
import { ComponentResource } from "@pulumi/pulumi/resource.js";
import type { Bundle } from "../../scripts/build.ts";
import { guardedDirectories } from "../../scripts/contract/surroundings.ts";
import { pingUrlPerJob } from "../config/ping-urls.ts";
import type { ServerPlan } from "../config/plan.ts";
import { CronTable } from "../remotehost/cron-table.ts";
import { Directory } from "../remotehost/directory.ts";
import { File, type FileArgs } from "../remotehost/file.ts";
import type { ServerFacts } from "../requirements/requirements.ts";
import {
  bundlePath,
  copyKeyFile,
  isWanted,
  pingUrlFile,
  pingUrlNames,
  programPurposes,
  programsDirectory,
  settingsFile,
  storeSecretsFile,
} from "../server-files/installation.ts";
import { launcherText } from "../server-files/launchers.ts";
import { logRotationText } from "../server-files/log-rotation.ts";
import { nodeRuntime } from "../server-files/node-runtime.ts";
import { quickReferenceText } from "../server-files/quick-reference.ts";
import { rcloneFile, rclonePath } from "../server-files/rclone.ts";
import { scheduleOf } from "../server-files/schedule.ts";
import { type Deployment, serverSettingsText } from "../server-files/server-settings.ts";
import { storeSecretsText } from "../server-files/stores.ts";

export interface BackupServerArgs extends Deployment {
  plan: ServerPlan;
  facts: ServerFacts;
  bundles: readonly Bundle[];
}

type FileSpecification = Omit<FileArgs, "connection">;

/**
 * The whole backup system of one server. Its resources are named `KEY-PURPOSE`. They depend on each other in the order
 * they are needed. The cron table is last, so no job runs before its program exists.
 */
export class BackupServer extends ComponentResource {
  /** The digest of every file that decides what runs: a changed deployment has other digests. */
  readonly digests: pulumi.Output<string[]>;
  /** Comes after all other resources of the server: to depend on it is to depend on all of them. */
  readonly last: pulumi.Resource;
  /** Resolves when all resources of the server are done. It is no resource dependency. */
  readonly settled: Promise<void>;

  constructor(args: BackupServerArgs, options: pulumi.ComponentResourceOptions = {}) {
    const { plan, facts } = args;
    const bundles = args.bundles.filter(({ name }) => isWanted(plan, name));
    const { key, paths, connection, formerly } = plan;
    const aliases = formerly === null ? [] : [{ name: formerly }];
    super("database-backups:index:BackupServer", key, {}, { ...options, aliases });

    const after = (...dependsOn: pulumi.Resource[]): pulumi.CustomResourceOptions => ({
      parent: this,
      dependsOn,
    });
    const directory = (purpose: string, path: string, needs: pulumi.Resource[] = [], more = {}) =>
      new Directory(`${key}-${purpose}`, { connection, path, mode: "0700", ...more }, after(...needs));
    const file = (purpose: string, specification: FileSpecification, ...needs: pulumi.Resource[]) =>
      new File(`${key}-${purpose}`, { connection, mode: "0600", ...specification }, after(...needs));

    const backups = directory("backups", paths.backups);
    // First of all: into an open directory nothing is put that root runs.
    const keepsClosed = guardedDirectories(paths);
    const installation = directory("installation", paths.installation, [], { keepsClosed });
    const programs = directory("programs", programsDirectory(plan), [installation]);
    const directories = [backups, installation, programs];

    const runtime = nodeRuntime(plan, facts);
    const node =
      runtime.file === null
        ? []
        : [file("node", { path: runtime.path, mode: "0700", ...runtime.file }, ...directories)];

    const bundleFiles = bundles.map((bundle) => {
      // Not its text, which would go from process to process for every server. Sensitive only in that a whole program
      // has no place in a preview.
      const { file: source, sha256 } = bundle;
      const specification = { path: bundlePath(plan, bundle), source, sha256, sensitive: true };
      return file(`${programPurposes[bundle.name].purpose}-program`, specification, ...directories, ...node);
    });

    // Secret even where the configuration has it in plain text: not in the state, and in no preview.
    const hidden = (purpose: string, path: string, text: string) =>
      file(purpose, { path, content: secret(text), sensitive: true }, ...directories);

    const urls = pingUrlPerJob(plan);
    const pingUrlFiles = (["backup", "rehearsal"] as const).flatMap((job) => {
      const url = urls[job];
      if (url === null) return [];
      return [hidden(pingUrlNames[job], pingUrlFile(plan, job), `${url}\n`)];
    });
    const copyFiles =
      plan.copies.length === 0
        ? []
        : [
            file("rclone", { path: rclonePath(plan), mode: "0700", ...rcloneFile(facts) }, ...directories),
            hidden("copy-key", copyKeyFile(plan), `${plan.copyKey}\n`),
            ...plan.copies.map((store) =>
              hidden(`store-${store.name}`, storeSecretsFile(plan, store.name), storeSecretsText(store)),
            ),
          ];
    const runnable = [...directories, ...node, ...bundleFiles, ...pingUrlFiles, ...copyFiles];

    const settings = file(
      "settings",
      { path: settingsFile(plan), content: serverSettingsText(plan, args) },
      ...runnable,
    );
    const launchers = bundles.map((bundle) => {
      const { purpose, launcher } = programPurposes[bundle.name];
      const content = launcherText({
        node: runtime.path,
        bundle: bundlePath(plan, bundle),
        settings: settingsFile(plan),
      });
      return file(
        `${purpose}-launcher`,
        { path: paths[launcher], mode: "0700", content },
        ...runnable,
        settings,
      );
    });
    const quickReference = file(
      "quick-reference",
      { path: paths.quickReference, content: quickReferenceText(plan, args.stack) },
      ...runnable,
      settings,
    );
    const logRotation = file(
      "log-rotation",
      { path: paths.logRotation, content: logRotationText(plan) },
      ...runnable,
      settings,
    );
    const { environment, entries, takesOver } = scheduleOf(plan);
    const cronTable = new CronTable(
      `${key}-cron-table`,
      { connection, path: paths.cronTable, environment, entries, takesOver },
      after(logRotation, quickReference, ...launchers, settings, ...runnable),
    );

    this.digests = all(
      [...bundleFiles, ...pingUrlFiles, ...copyFiles, settings, ...launchers, cronTable].map(
        ({ sha256 }) => sha256,
      ),
    );
    this.last = cronTable;
    this.settled = new Promise((resolve) => {
      cronTable.urn.apply(() => resolve());
    });
    this.registerOutputs({ digests: this.digests });
  }
}
