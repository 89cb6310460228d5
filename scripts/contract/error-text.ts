/** The words of an error: alike in the programs and in what deploys them. */
export { messageOf } from "../lib/base/errors.ts";
