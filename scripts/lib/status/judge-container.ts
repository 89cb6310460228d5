import { identified } from "../../contract/error-ids.ts";
import type { Finding } from "../../contract/status-report.ts";
import { formatAge } from "../base/format.ts";
import { critical, note, ok, warning } from "./levels.ts";
import { type ContainerState, type DatabaseObservation, isNotYetDeployed } from "./observation.ts";

const day = 86_400_000;

/** Point 1: the container exists, runs, and has not been restarting. */
export function judgeContainer(database: DatabaseObservation, now: Date): Finding[] {
  const name = database.settings.container;
  if (!database.container.readable) {
    return [
      critical(
        identified(`Docker cannot be asked: ${database.container.reason}`, "[DBK-DOCKER-1]"),
        "run: systemctl status docker",
      ),
    ];
  }
  const state = database.container.value;
  if (state === null) {
    if (isNotYetDeployed(database)) {
      return [
        note(`there is no container ${name} yet, and no backup`, "deploy the application: kamal deploy"),
      ];
    }
    return [
      critical(
        `there is no container ${name} [DBK-DOCKER-2]`,
        "run: docker ps --all; deploy it: kamal accessory boot db; or correct its name",
      ),
    ];
  }
  if (state.status !== "running")
    return [critical(`${notRunning(name, state)} [DBK-DOCKER-3]`, notRunningAdvice(name, state))];
  const since = `has run for ${formatAge(state.startedAt, now)}`.replace(/ ago$/, "");
  const restarts = state.restarts === 1 ? "1 restart" : `${state.restarts} restarts`;
  const findings: Finding[] = [];
  if (state.restarts > 0 && now.getTime() - state.startedAt.getTime() < day) {
    findings.push(
      warning(
        `${name} ${since}: Docker had to restart it (${restarts}) [DBK-STATUS-1]`,
        `see: docker logs --tail 100 ${name}`,
      ),
    );
  }
  if (state.health === "unhealthy") {
    findings.push(warning(`${name} fails its health check [DBK-STATUS-1]`, `see: docker inspect ${name}`));
  }
  return findings.length > 0 ? findings : [ok(`${name} ${since}, ${restarts}`)];
}

function notRunning(name: string, state: ContainerState): string {
  if (state.outOfMemory) return `${name} was killed: out of memory`;
  if (state.status === "exited" || state.status === "dead")
    return `${name} is stopped (exit code ${state.exitCode})`;
  return `${name} is ${state.status}`;
}

function notRunningAdvice(name: string, state: ContainerState): string {
  if (state.status === "paused") return `docker unpause ${name}`;
  if (state.status === "restarting") return `see: docker logs --tail 100 ${name}`;
  return `docker start ${name}; see: docker logs --tail 100 ${name}`;
}
