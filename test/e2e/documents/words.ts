import { dirname, join } from "node:path";
import { label } from "../../sandbox/docker.ts";
import type { Scene } from "./scene.ts";

/** The placeholders of commands, as whole words, and their values here. */
export function withValues(command: string, scene: Scene): string {
  const { newest, older } = scene.backups;
  const { image, mount } = scene.container;
  const words: [RegExp, string][] = [
    [/(?<![\w-])FILE(?=\.roles\.sql\b)/g, newest.replace(/\.sql\.gz$/, "")],
    [/\bOLD-FILE(\.sql\.gz)?(?![\w-])/g, older],
    [/(?<![\w-])FILE(\.sql\.gz)?(?![\w-])/g, newest],
    [/(?<![\w-])TIME(?![\w-])/g, /\d{8}_\d{6}/.exec(newest)?.[0] ?? "TIME"],
    [/(?<![\w-])NEW-SERVER(?![\w-])/g, "new-server.com"],
    [/(?<![\w$-])(SERVER|HOST)(?![\w=-])/g, "cloud.cerveras.com"],
    [/(?<![\w-])STACK(?![\w-])/g, "prod"],
    [/\/root\/(?:curriculum_library_api|\$DB)-db\/data\b/g, scene.server.dataDirectory],
    // The directory with the same path on the sandbox server and on the Docker host.
    [/\/srv\/(?:curriculum_library_api|\$DB)-db\b/g, join(dirname(scene.server.dataDirectory), "srv")],
    [/(?:\bcurriculum_library_api|\$DB)-db\b(?!-\d)/g, scene.server.container],
    // There is no image registry, and the label removes the containers of a test.
    [
      /\bdocker run --detach\b/g,
      `docker run --detach --network none --label ${label}=${scene.container.number}`,
    ],
    [/:\/var\/lib\/postgresql\/data postgres:15\b/g, `:${mount} ${image}`],
  ];
  return words.reduce((text, [word, value]) => text.replaceAll(word, value), command);
}
