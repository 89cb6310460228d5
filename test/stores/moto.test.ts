import { startMoto } from "../sandbox/stores/moto.ts";
import { keepsTheContract } from "../unit/scripts/store/store-suite.ts";
import { subjectsAt } from "./subject.ts";

keepsTheContract("moto", subjectsAt(startMoto));
