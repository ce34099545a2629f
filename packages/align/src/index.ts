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
export { completionLogprobs, completionSums } from './logprobs/completion-logprobs.ts';
export type { CompletionLogprobs } from './logprobs/completion-logprobs.ts';
export { copyModel, frozenCopy, valueModelFrom } from './models/copy-model.ts';
export type { TrainerOptions } from './training/run-training.ts';

export { sftLoss } from './sft/sft-loss.ts';
export type { SftLossOptions, SftLossType } from './sft/sft-loss.ts';
export { trainSft } from './sft/train-sft.ts';
export type { SftOptions } from './sft/train-sft.ts';

export { pairwiseRewardLoss } from './reward/pairwise-reward-loss.ts';
export type { PairwiseRewardOptions } from './reward/pairwise-reward-loss.ts';
export { scoreRows, trainReward } from './reward/train-reward.ts';
export type { RewardOptions } from './reward/train-reward.ts';

export { dpoLoss } from './dpo/dpo-loss.ts';
export type { DpoOptions, DpoResult, PairLogprobs } from './dpo/dpo-loss.ts';
export { precomputeReference } from './dpo/reference.ts';
export type { Reference, ReferencedExample, WithoutAdapter } from './dpo/reference.ts';
export { trainDpo } from './dpo/train-dpo.ts';
export type { DpoTrainerOptions } from './dpo/train-dpo.ts';
export { PAIR_LOSSES, SCORE_LOSSES } from './dpo/pair-losses.ts';
export type { PairLoss, PairLossOptions, PairOf, PairRatios } from './dpo/losses/pair-loss.ts';
export { divergenceScores } from './dpo/f-divergence.ts';
export type { FDivergence } from './dpo/f-divergence.ts';
export { mixIntoReference } from './dpo/sync-reference.ts';
export type { SyncReferenceOptions } from './dpo/sync-reference.ts';
export { wpoWeights } from './dpo/wpo-weights.ts';
export type { PairLossMix, PairLossType } from './dpo/pair-losses.ts';

export { parsePromptColumns, promptsOf, tokenizePrompts } from './data/prompt-examples.ts';
export type { PromptExample, PromptReport, PromptRow } from './data/prompt-examples.ts';
export { accuracyReward } from './rewards/accuracy-reward.ts';
export type { AccuracyOptions } from './rewards/accuracy-reward.ts';
export {
  cosineScaledReward,
  repetitionPenaltyReward,
  softOverlongPunishment,
  thinkFormatReward,
} from './rewards/format-rewards.ts';
export type { CosineScaledOptions } from './rewards/format-rewards.ts';
export type { CompletionReward, RewardInput, RewardSource } from './rewards/completion-reward.ts';
export { scoreCompletions } from './rewards/score-completions.ts';
export type { JudgedCompletion, RewardTable } from './rewards/score-completions.ts';
export type { Generation, GroupBatch, GroupBatchOptions } from './groups/group-batches.ts';
export type { GroupTrainerOptions } from './groups/train-groups.ts';
export { groupAdvantages } from './grpo/group-advantages.ts';
export type { GroupAdvantageOptions } from './grpo/group-advantages.ts';
export { grpoLoss } from './grpo/grpo-loss.ts';
export type { GrpoInput, GrpoOptions, GrpoResult } from './grpo/grpo-loss.ts';
export { GRPO_OBJECTIVES } from './grpo/grpo-objectives.ts';
export type { GrpoLossType } from './grpo/grpo-objectives.ts';
export { trainGrpo } from './grpo/train-grpo.ts';
export type { GrpoTrainerOptions } from './grpo/train-grpo.ts';
export { leaveOneOutAdvantages } from './rloo/leave-one-out-advantages.ts';
export type { LeaveOneOutOptions } from './rloo/leave-one-out-advantages.ts';
export { rlooLoss } from './rloo/rloo-loss.ts';
export type { RlooInput, RlooOptions } from './rloo/rloo-loss.ts';
export { trainRloo } from './rloo/train-rloo.ts';
export type { RlooTrainerOptions } from './rloo/train-rloo.ts';

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
export { trainPpo } from './ppo/train-ppo.ts';
export type { PpoOptions, PpoUpdate } from './ppo/train-ppo.ts';
export { ppoLoss } from './ppo/ppo-loss.ts';
export type { PpoLossOptions } from './ppo/ppo-loss.ts';
export { PpoModel } from './ppo/ppo-model.ts';
export { PpoBatches } from './ppo/ppo-batches.ts';
export type { PpoBatch, PpoBatchOptions } from './ppo/ppo-batches.ts';
export type { PpoMetrics } from './ppo/ppo-metrics.ts';
export { collectRollout, rolloutFrom, sampleAnswers } from './ppo/rollout.ts';
export type { PpoModels, Rollout, RolloutOptions } from './ppo/rollout.ts';
export { scoreSamples } from './ppo/score-samples.ts';
export type { Reward, RewardFunction, Sample, ScoreOptions } from './ppo/score-samples.ts';

export { rankSamples } from './rank/rank-samples.ts';
export type { RankedPair, RankOptions, ScoredAnswer } from './rank/rank-samples.ts';
export { sampleTexts } from './rank/sample-texts.ts';
export type { SampleTextOptions } from './rank/sample-texts.ts';

export { bitsPerByte, evaluateHeldOut, windowNats } from './evaluation/bits-per-byte.ts';
export { heldOutWindows } from './evaluation/held-out-windows.ts';
export type { HeldOutWindow } from './evaluation/held-out-windows.ts';
export { chooseLikeliest, scoreContinuations } from './evaluation/continuations.ts';
export type {
  Choice,
  Continuation,
  ContinuationOptions,
  ContinuationScore,
} from './evaluation/continuations.ts';
export type { HeldOutLoss, HeldOutOptions } from './evaluation/bits-per-byte.ts';
export { exactMatch } from './evaluation/exact-match.ts';
export { winRate } from './evaluation/win-rate.ts';
export { evaluateReward } from './evaluation/evaluate-reward.ts';
export type { PairEvaluationOptions, RewardEvaluation } from './evaluation/evaluate-reward.ts';
export { evaluateDpo } from './evaluation/evaluate-dpo.ts';
export type { DpoEvaluation } from './evaluation/evaluate-dpo.ts';
export { evaluatePolicy } from './evaluation/evaluate-policy.ts';
export type { PolicyEvaluation, PolicyEvaluationOptions } from './evaluation/evaluate-policy.ts';

export { parseUnpairedRow, unpairPreferences } from './data/unpaired-rows.ts';
export type { UnpairedPreference } from './data/unpaired-rows.ts';
export { tokenizeUnpaired } from './data/tokenize-unpaired.ts';
export type { UnpairedExample } from './data/tokenize-unpaired.ts';
export { ktoBalance, ktoLoss } from './unpaired/kto-loss.ts';
export type { KtoLossOptions, KtoLossType, UnpairedResult } from './unpaired/kto-loss.ts';
export { trainKto } from './unpaired/train-kto.ts';
export type { KtoOptions } from './unpaired/train-kto.ts';
export { bcoLoss, RunningMean } from './unpaired/bco-loss.ts';
export type { BcoLossOptions } from './unpaired/bco-loss.ts';
export { trainBco } from './unpaired/train-bco.ts';
export type { BcoOptions } from './unpaired/train-bco.ts';
export { densityRatioWeights } from './unpaired/density-ratio.ts';
export type { DensityRatioOptions } from './unpaired/density-ratio.ts';
export { precomputeUnpairedReference } from './unpaired/unpaired-reference.ts';
export type { PreparedUnpaired } from './unpaired/unpaired-batch.ts';

export { cpoLoss } from './reference-free/cpo-loss.ts';
export type { CpoLossOptions, CpoLossType, CpoResult } from './reference-free/cpo-loss.ts';
export { trainCpo, trainSimpo } from './reference-free/train-cpo.ts';
export type { CpoOptions } from './reference-free/train-cpo.ts';
export { orpoLoss } from './reference-free/orpo-loss.ts';
export type { OrpoResult } from './reference-free/orpo-loss.ts';
export { trainOrpo } from './reference-free/train-orpo.ts';
export type { OrpoOptions } from './reference-free/train-orpo.ts';
export { parseTripleRow, tokenizeTriples } from './data/triples.ts';
export type { Triple, TripleExample } from './data/triples.ts';
export { tpoLoss, trainTpo } from './reference-free/train-tpo.ts';
export type { TpoLossOptions, TpoLossType, TpoOptions } from './reference-free/train-tpo.ts';

export { jsdLoss } from './distillation/jsd-loss.ts';
export type { JsdOptions } from './distillation/jsd-loss.ts';
export { distillationLoss, trainDistillation } from './distillation/train-distillation.ts';
export type { DistillationOptions } from './distillation/train-distillation.ts';
export { labelSegments } from './data/label-segments.ts';
export type { LabelSegment } from './data/label-segments.ts';
