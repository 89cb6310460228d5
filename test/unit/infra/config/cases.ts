import { keys } from "./cases/keys.ts";
import type { ConfigurationCase } from "./cases/row.ts";
import { stores } from "./cases/stores.ts";
import { text } from "./cases/text.ts";
import { together } from "./cases/together.ts";
import { types } from "./cases/types.ts";

export const configurationCases: ConfigurationCase[] = [...keys, ...types, ...text, ...together, ...stores];
