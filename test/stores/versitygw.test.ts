import { startVersitygw } from "../sandbox/stores/versitygw.ts";
import { keepsTheContract } from "../unit/scripts/store/store-suite.ts";
import { subjectsAt } from "./subject.ts";

keepsTheContract("versitygw", subjectsAt(startVersitygw));
