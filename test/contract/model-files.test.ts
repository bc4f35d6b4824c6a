import { ModelFiles } from "../model/files.ts";
import { filesContract } from "./files.contract.ts";

// What the model of a host promises is worth no more than its files being like real ones.
filesContract("the model", async () => {
  const files = new ModelFiles();
  await files.makeDirectory("/case", 0o755);
  return { files, directory: "/case" };
});
