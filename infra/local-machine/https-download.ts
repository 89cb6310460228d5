/** The limits of a download. */
export interface Limits {
  /** Milliseconds without a byte. */
  idle: number;
  /** Milliseconds altogether. */
  total: number;
  /** Bytes. */
  size: number;
}

const redirects: readonly number[] = [301, 302, 303, 307, 308];
const mostRedirects = 5;

/**
 * The body at an address, as it comes. Every hop on the way there is https.
 * @throws Error with the reason if it is unavailable or incomplete. For a redirect target it names only the host: the
 * rest may be a signature.
 */
export async function* download(url: string, limits: Limits): AsyncGenerator<Uint8Array, void, undefined> {
  const idle = new AbortController();
  const nothingCame = () => idle.abort(new Error(`no data for ${seconds(limits.idle)}`));
  const timer = setTimeout(nothingCame, limits.idle);
  const total = new AbortController();
  const tookLong = () => total.abort(new Error(`it took longer than ${seconds(limits.total)}`));
  const end = setTimeout(tookLong, limits.total);
  const signal = AbortSignal.any([idle.signal, total.signal]);
  try {
    const { body } = await answerOf(new URL(url), signal);
    let size = 0;
    for await (const chunk of body ?? []) {
      timer.refresh();
      size += chunk.byteLength;
      if (size > limits.size) throw new Error(`it is larger than ${limits.size} bytes`);
      yield chunk;
    }
  } catch (error) {
    throw new Error(reasonOf(signal.aborted ? signal.reason : error), { cause: error });
  } finally {
    clearTimeout(timer);
    clearTimeout(end);
  }
}

async function answerOf(from: URL, signal: AbortSignal): Promise<Response> {
  let at = from;
  for (let hop = 0; hop <= mostRedirects; hop += 1) {
    if (at.protocol !== "https:") throw new Error(`it redirects to ${at.origin}, which is not https`);
    // Without decoding: the checksum is that of the stored file.
    const headers = { "accept-encoding": "identity" };
    const response = await fetch(at, { redirect: "manual", signal, headers });
    if (response.status === 200) return response;
    await response.body?.cancel();
    const location = response.headers.get("location");
    if (!redirects.includes(response.status) || location === null)
      throw new Error(`${at.host} answers ${response.status}`);
    at = new URL(location, at);
  }
  throw new Error(`it redirects more than ${mostRedirects} times`);
}

/** fetch's real error is the innermost cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  return error.message || String(Reflect.get(error, "code") ?? error.name);
}

const seconds = (milliseconds: number): string => `${milliseconds / 1000} s`;
