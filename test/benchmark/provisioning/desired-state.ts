import type { ServerPlan } from "../../../infra/config/plan.ts";
import { cronTableText } from "../../../infra/remotehost/cron-table-text.ts";
import {
  bundlePath,
  isWanted,
  programPurposes,
  programsDirectory,
  settingsFile,
} from "../../../infra/server-files/installation.ts";
import { launcherText } from "../../../infra/server-files/launchers.ts";
import { logRotationText } from "../../../infra/server-files/log-rotation.ts";
import { quickReferenceText } from "../../../infra/server-files/quick-reference.ts";
import { scheduleOf } from "../../../infra/server-files/schedule.ts";
import { type Deployment, serverSettingsText } from "../../../infra/server-files/server-settings.ts";
import type { Bundle } from "../../../scripts/build.ts";

/** The work of every tool: the desired state of one server, all of it owned by root. */
export interface DesiredState {
  /** In the order of creation. Modes have four octal digits. */
  directories: readonly { path: string; mode: string }[];
  files: readonly { path: string; mode: string; content: string }[];
  cron: {
    path: string;
    environment: Readonly<Record<string, string>>;
    entries: readonly { schedule: string; user: string; command: string }[];
  };
}

/** A BackupServer's resources for a plan with `runtime: system` and without pingUrl and stores; `node` is the server's own. */
export function desiredStateOf(
  plan: ServerPlan,
  node: string,
  bundles: readonly Bundle[],
  deployment: Deployment,
): DesiredState {
  const { paths } = plan;
  const settings = settingsFile(plan);
  const wanted = bundles.filter(({ name }) => isWanted(plan, name));
  const bundleFiles = wanted.map((bundle) => ({
    path: bundlePath(plan, bundle),
    mode: "0600",
    content: bundle.text,
  }));
  const launchers = wanted.map((bundle) => ({
    path: paths[programPurposes[bundle.name].launcher],
    mode: "0700",
    content: launcherText({ node, bundle: bundlePath(plan, bundle), settings }),
  }));
  const { environment, entries } = scheduleOf(plan);
  return {
    directories: [paths.backups, paths.installation, programsDirectory(plan)].map((path) => ({
      path,
      mode: "0700",
    })),
    files: [
      ...bundleFiles,
      { path: settings, mode: "0600", content: serverSettingsText(plan, deployment) },
      ...launchers,
      {
        path: paths.quickReference,
        mode: "0600",
        content: quickReferenceText(plan, deployment.stack),
      },
      { path: paths.logRotation, mode: "0600", content: logRotationText(plan) },
    ],
    cron: { path: paths.cronTable, environment, entries },
  };
}

/** The cron table as a file, for tools without support for cron. */
export const cronFile = ({ cron }: DesiredState): DesiredState["files"][number] => ({
  path: cron.path,
  mode: "0644",
  content: cronTableText(cron.environment, cron.entries),
});
