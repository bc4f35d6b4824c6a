import { expect, test } from "vitest";
import { chooseAnswer } from "./choose-answer.ts";

const answer = (path: string, method: string | null = null) => ({
  method,
  path,
  status: 200,
  headers: {},
  body: "",
});
const answers = [
  answer("/v1/price"),
  answer("/v1/orders", "POST"),
  answer("/v1/orders?open=1", "GET"),
  answer("/v1/orders/*"),
  answer("/v1/*", "DELETE"),
];

test.each<[string, string, number | null]>([
  ["GET", "/v1/price", 0],
  ["POST", "/v1/price?symbol=A", 0],
  ["GET", "/v1/price/", null],
  ["GET", "/v1/prices", null],
  ["POST", "/v1/orders", 1],
  ["GET", "/v1/orders", null],
  ["GET", "/v1/orders?open=1", 2],
  ["HEAD", "/v1/orders?open=1", 2],
  ["GET", "/v1/orders?open=2", null],
  ["GET", "/v1/orders/7", 3],
  ["DELETE", "/v1/orders/7", 3],
  ["DELETE", "/v1/anything", 4],
  ["GET", "/", null],
])("%s %s", (method, target, index) =>
  expect(chooseAnswer(answers, method, target)).toBe(index === null ? null : answers[index]),
);
