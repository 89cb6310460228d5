/** How sizes, durations and colours are shown: alike on the server and by a deployment. */
export { formatBytes, formatDuration } from "../lib/base/format.ts";
export { painter, usesColour } from "../lib/base/terminal.ts";
