import * as v from "valibot";
import { issueMessage } from "./key-doc.ts";
import { matching } from "./values.ts";

export const webAddress = () =>
  v.pipe(
    matching(/^https?:\/\/[^\s]+$/, "an http:// or https:// address", "spec/bad-url"),
    v.check(
      (url) => URL.canParse(url),
      issueMessage("spec/bad-url", "an address such as http://127.0.0.1:8000/health"),
    ),
  );
