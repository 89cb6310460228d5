/** The names that follow from a database's key, as Kamal's accessory and Rails name them. */
export const databaseDefaults = {
  container: (key: string): string => `${key}-db`,
  database: (key: string): string => `${key}_production`,
  user: (key: string): string => key,
  dataDirectory: (container: string): string => `/root/${container}/data`,
};
