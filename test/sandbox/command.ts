export * from "../../infra/local-machine/command.ts";
