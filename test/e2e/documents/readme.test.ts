import { typeDocument } from "./type-document.ts";

typeDocument("README.md");
