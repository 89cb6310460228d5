/**
 * Calls everything that ends something, the last one first, also where one of them fails: what is left would keep the
 * benchmark from ending. @throws the first failure, when all have been called
 */
export async function endAll(ends: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const end of [...ends].reverse()) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
