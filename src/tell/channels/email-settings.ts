import type { ChannelSettings } from "../../compile/channel-kinds.ts";

export type EmailSettings = Extract<ChannelSettings, { kind: "email" }>;
