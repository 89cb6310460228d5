import * as z from "zod";
import { ForgeError } from "./forge.ts";

/** An HTTP API with JSON in both directions. */
export interface Api {
  /** `GitHub` or `GitLab`, for messages. */
  name: string;
  /** Without a trailing slash. */
  url: string;
  headers: Record<string, string>;
  /** The permission that the token needs, for the message about a refused token. */
  needs: string;
}

const timeout = 30_000;
/** Entries per page, the maximum of both APIs. */
const pageSize = 100;
/** A list with more pages than this is an error. */
const mostPages = 50;

/** Sends one request. @returns the JSON of the answer @throws ForgeError */
export async function ask(api: Api, method: string, path: string, body?: unknown): Promise<unknown> {
  const what = `${method} ${api.url}${path}`;
  const headers = { ...api.headers, "Content-Type": "application/json", "User-Agent": "database-backups" };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${api.url}${path}`, {
      ...{ method, headers, ...sent },
      // A redirect would send the token elsewhere.
      ...{ redirect: "error", signal: AbortSignal.timeout(timeout) },
    });
    text = await response.text();
  } catch (error) {
    throw new ForgeError(`${api.name} does not answer to ${what}: ${reasonOf(error)} [DBK-CI-4]`, null, {
      cause: error,
    });
  }
  if (!response.ok) throw refusal(api, what, response.status, text);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ForgeError(`${api.name}'s answer to ${what} is not JSON [DBK-CI-4]`, response.status, {
      cause: error,
    });
  }
}

/** All entries of a paged list. @throws ForgeError */
export async function askForAll<T>(api: Api, path: string, entry: z.ZodType<T>): Promise<T[]> {
  const entries: T[] = [];
  for (let page = 1; page <= mostPages; page++) {
    const separator = path.includes("?") ? "&" : "?";
    const answer = await ask(api, "GET", `${path}${separator}per_page=${pageSize}&page=${page}`);
    const read = understood(api, path, z.array(entry), answer);
    entries.push(...read);
    if (read.length < pageSize) return entries;
  }
  throw new ForgeError(
    `${api.name} has more than ${mostPages * pageSize} entries at ${path} [DBK-CI-4]`,
    null,
  );
}

/** The answer, checked against a schema. @throws ForgeError */
export function understood<T>(api: Api, path: string, shape: z.ZodType<T>, answer: unknown): T {
  const read = shape.safeParse(answer);
  if (read.success) return read.data;
  const reason = z.prettifyError(read.error);
  throw new ForgeError(`${api.name}'s answer from ${path} is not understood: ${reason} [DBK-CI-4]`, null);
}

/**
 * Checks that an issue has its label. Both APIs ignore labels silently if the token may not set them. An issue without
 * the label would not be found the next night, and another one would be opened.
 * @throws ForgeError
 */
export function requireLabel(api: Api, issue: number, labels: readonly string[], wanted: string): void {
  if (labels.includes(wanted)) return;
  const message = `${api.name} opened issue #${issue} without its label ${wanted}. Close it by hand. ${api.needs} [DBK-CI-4]`;
  throw new ForgeError(message, null);
}

function refusal(api: Api, what: string, status: number, text: string): ForgeError {
  const said = text.trim().slice(0, 300);
  const next = [401, 403, 404].includes(status) ? ` ${api.needs}` : "";
  return new ForgeError(`${api.name} answers ${status} to ${what}: ${said}${next} [DBK-CI-4]`, status);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
