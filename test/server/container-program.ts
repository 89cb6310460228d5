import type { SandboxServer } from "../sandbox/sandbox-server.ts";

/**
 * Does something while a program in the database's container is replaced.
 * @param script the replacement; null for none
 */
export async function withProgram<T>(
  sandbox: SandboxServer,
  program: string,
  script: string | null,
  work: () => Promise<T>,
): Promise<T> {
  const inContainer = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await sandbox.run(
      `docker exec -u root ${sandbox.container} sh -c '${command}'`,
    );
    if (code !== 0) throw new Error(`${command}: ${stderr}`);
    return stdout.trim();
  };
  const path = await inContainer(`command -v ${program}`);
  await inContainer(`mv ${path} ${path}.kept`);
  try {
    if (script !== null) {
      const encoded = Buffer.from(script).toString("base64");
      await inContainer(`echo ${encoded} | base64 -d >${path} && chmod 755 ${path}`);
    }
    return await work();
  } finally {
    await inContainer(`mv ${path}.kept ${path}`);
  }
}
