/** @llm/align: from a pretrained model to an aligned one. Importing does nothing. */
export { ConfigError, DataError } from './errors.ts';

export { parsePreferenceRow, parsePromptRow, parseSftRow, plainInstruction } from './data/rows.ts';
export type {
  Conversation,
  InstructionFormat,
  Preference,
  PromptCompletion,
  SftRow,
  Text,
} from './data/rows.ts';
export type { ChatMessage, TextTokenizer } from './data/tokenizer.ts';
export type { DataReport } from './data/report.ts';
export { tokenizeCompletion, tokenizePrompt } from './data/tokenize-completion.ts';
export type { TokenizedCompletion } from './data/tokenize-completion.ts';
export { tokenizeSft } from './data/tokenize-sft.ts';
export type { SftExample, TokenizeOptions } from './data/tokenize-sft.ts';
export { tokenizePreferences } from './data/tokenize-preferences.ts';
export type { PreferenceExample, TokenizePreferenceOptions } from './data/tokenize-preferences.ts';
export { collate, collatePairs, collatePrompts } from './data/collate.ts';
export type { CollateOptions, PairBatch, TokenBatch } from './data/collate.ts';

export { maskedMean, maskedSum } from './masking/masked-mean.ts';
export { whiten } from './masking/whiten.ts';
export type { WhitenOptions } from './masking/whiten.ts';
export { logSigmoid } from './logprobs/log-sigmoid.ts';
export { sequenceLogprobs, tokenLogprobs } from './logprobs/token-logprobs.ts';
export type { LogprobOptions } from './logprobs/token-logprobs.ts';

export { sftLoss } from './sft/sft-loss.ts';
export type { SftLossOptions, SftLossType } from './sft/sft-loss.ts';

export { pairwiseRewardLoss } from './reward/pairwise-reward-loss.ts';
export type { PairwiseRewardOptions } from './reward/pairwise-reward-loss.ts';

export { dpoLoss } from './dpo/dpo-loss.ts';
export type { DpoOptions, DpoResult, PairLogprobs } from './dpo/dpo-loss.ts';
export { PAIR_LOSSES } from './dpo/pair-losses.ts';
export type { PairLoss, PairLossOptions, PairLossType, PairRatios } from './dpo/pair-losses.ts';

export { klPenaltyRewards, valueMask } from './ppo/kl-penalty-rewards.ts';
export type {
  KlEstimator,
  KlPenaltyInput,
  KlPenaltyOptions,
  KlPenaltyRewards,
} from './ppo/kl-penalty-rewards.ts';
export { gae } from './ppo/gae.ts';
export type { GaeOptions } from './ppo/gae.ts';
export { ppoPolicyLoss } from './ppo/ppo-policy-loss.ts';
export type { PpoPolicyInput, PpoPolicyResult } from './ppo/ppo-policy-loss.ts';
export { ppoValueLoss } from './ppo/ppo-value-loss.ts';
export type { PpoValueInput } from './ppo/ppo-value-loss.ts';
