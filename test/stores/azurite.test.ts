import { beforeAll } from "vitest";
import { ensureAzurite } from "../sandbox/set-up/azurite.ts";
import { startAzurite } from "../sandbox/stores/azurite.ts";
import { keepsTheContract } from "../unit/scripts/store/store-suite.ts";
import { subjectsAt } from "./subject.ts";

beforeAll(ensureAzurite, 20 * 60_000);
keepsTheContract("Azure's blob store", subjectsAt(startAzurite));
