/** Stores that lack nothing, by their type. */

export const copyKey = "0123456789abcdef".repeat(4);

/** Opens nothing. */
export const privateKey = `-----BEGIN OPENSSH PRIVATE KEY-----
${Buffer.from("openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none\0\0\0\0").toString("base64")}
-----END OPENSSH PRIVATE KEY-----
`;

export const hostKey = `ssh-ed25519 ${"A".repeat(68)}`;

export const stores = {
  s3: {
    type: "s3",
    endpoint: "https://objects.example.com",
    bucket: "acme-backups",
    accessKeyId: "AKIA1",
    secretAccessKey: "hunter2/s3+",
  },
  b2: {
    type: "b2",
    region: "eu-central-003",
    bucket: "acme-backups",
    keyId: "0031",
    applicationKey: "hunter2-b2",
  },
  sftp: { type: "sftp", host: "box.example.com", user: "u1", hostKey, privateKey, path: "backups" },
  webdav: {
    type: "webdav",
    url: "https://cloud.example.com/dav",
    user: "acme",
    password: "hunter2 dav",
    path: "/backups/",
  },
  azure: { type: "azure", account: "acme", container: "backups", key: "hunter2azure==" },
} as const;
