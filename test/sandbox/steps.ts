export * from "../../infra/local-machine/steps.ts";
