/** A configuration with one mistake, and the line that must report it. */
export interface ConfigurationCase {
  title: string;
  configuration: Record<string, unknown>;
  path: string;
  says: string;
}

export const databases = { library: {} };
export const server = (values: Record<string, unknown>) => ({ servers: { one: values }, databases });
export const database = (values: Record<string, unknown>) => ({
  servers: { one: {} },
  databases: { library: values },
});
export const top = (values: Record<string, unknown>) => ({ servers: { one: {} }, databases, ...values });
export const long = "a".repeat(64);

export const row = (
  title: string,
  configuration: Record<string, unknown>,
  path: string,
  says: string,
): ConfigurationCase => ({
  title,
  configuration,
  path,
  says,
});
