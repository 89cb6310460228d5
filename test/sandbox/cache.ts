export * from "../../infra/local-machine/places.ts";
