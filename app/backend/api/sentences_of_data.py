"""The sentences that Encore makes below its edges, of trainings and of the data they read."""

from typing import Final

from app.backend.api.messages import N_

# What a training does (`workflows.steps`).
STEPS: Final = (
    N_("Reading feedback and library"),
    N_("Checking what was read"),
    N_("Making features"),
    N_("Choosing what to train"),
    N_("Learning from all evenings"),
    N_("Comparing on later evenings"),
    N_("Saving the model"),
    N_("Asking whether it may serve"),
    N_("Deciding which model serves"),
    N_(
        "The mixed model holds the alternatives inside it: how far the rules are trusted and how "
        "much each group of effects may say are learnt by evidence. Choosing between families did "
        "worse on households (docs/model-selection.md); compare them with: encore evaluate"
    ),
)
# What the gate asks and finds (`learning.gate`).
GATE: Final = (
    N_("Is there enough feedback to judge it?"),
    N_("Is it no worse than the rules?"),
    N_("Is it no worse than the serving model?"),
    N_("Does it order titles within a context as well as the rules?"),
    N_("Do its probabilities hold?"),
    N_("Does it hold for every mood and company?"),
    N_("Does the mood change its top ten?"),
    N_("Does it order titles that were rated elsewhere better than the rules?"),
    N_(
        "There are too few evenings to judge it by. Of {pairs} pairs of titles rated elsewhere it "
        "orders {part} rightly, the rules {other_part}; the chance that it does better is {chance}."
    ),
    N_(
        "There are too few evenings to judge it by. Of {pairs} pairs of titles rated elsewhere it "
        "orders {part} rightly, the rules {other_part}; the chance that it does better is "
        "{chance}, and it takes {least_chance}."
    ),
    N_("Do ratings from elsewhere tell of taste?"),
    N_("The chance that it orders titles rated elsewhere better than luck would is {chance}."),
    N_(
        "The chance that it orders titles rated elsewhere better than luck would is {chance}, and "
        "it takes {least_chance}."
    ),
    N_("There are {count} later feedbacks to test it on, and it takes {least}."),
    N_(
        "On {rows} later feedbacks it did better than {rival} (log loss {loss} against "
        "{other_loss}); the chance that it is no worse is {chance}."
    ),
    N_(
        "On {rows} later feedbacks it did no better than {rival} (log loss {loss} against "
        "{other_loss}); the chance that it is no worse is {chance}."
    ),
    N_(
        "On {rows} later feedbacks it did better than {rival} (log loss {loss} against "
        "{other_loss}); the chance that it is no worse is {chance}, and it takes {least_chance}."
    ),
    N_(
        "On {rows} later feedbacks it did no better than {rival} (log loss {loss} against "
        "{other_loss}); the chance that it is no worse is {chance}, and it takes {least_chance}."
    ),
    N_("Only {pairs} pairs of titles share a context: too few."),
    N_("It orders {part} of {pairs} pairs rightly, the rules {other_part}."),
    N_("Its promises are off by {error} on average; {allowed} is allowed."),
    N_("It is worse than the rules by {nats} nats for {slice}."),
    N_("No mood or company collapses."),
    N_("The library is too small for the mood to matter."),
    N_("The four moods have {count} different top tens."),
)
# How a run ends (`workflows.publication`, `.learn`, `.jobs`, `.supervisor`, `store.jobs`).
RUNS: Final = (
    N_("Promoted."),
    N_("Not promoted: what served so far goes on."),
    N_(
        "Not promoted: {version} began to serve while this was trained, and it was compared with "
        "{other_version}. Train again to compare them: encore train --anew"
    ),
    N_(
        "Not promoted: the rules began to serve while this was trained, and it was compared with "
        "{other_version}. Train again to compare them: encore train --anew"
    ),
    N_(
        "Not promoted: {version} began to serve while this was trained, and it was compared with "
        "the rules. Train again to compare them: encore train --anew"
    ),
    N_("There is no feedback to learn from yet; the rules go on serving."),
    N_("There is no feedback to learn from yet; the serving model goes on serving."),
    N_(
        "The one usable feedback is {verdict}; it takes both kinds to learn what sets them apart: "
        "the rules go on serving."
    ),
    N_(
        "The one usable feedback is {verdict}; it takes both kinds to learn what sets them apart: "
        "the serving model goes on serving."
    ),
    N_(
        "All {count} usable feedbacks are {verdict}; it takes both kinds to learn what sets them "
        "apart: the rules go on serving."
    ),
    N_(
        "All {count} usable feedbacks are {verdict}; it takes both kinds to learn what sets them "
        "apart: the serving model goes on serving."
    ),
    N_(
        "Nothing has changed since run {number}; its verdict stands. To train all the same: "
        "encore train --anew"
    ),
    N_("Cancelled on request; what served so far goes on."),
    N_("Training was interrupted; train again."),
    N_("Encore was stopped while training."),
    N_("It gave no sign of life."),
    N_("It gave no sign of life: the program was stopped or the machine slept."),
    N_("The database did not answer while it trained."),
    N_("The process that trained ended with exit code {number}."),
    N_("The process that trained ended with signal {number}."),
    N_("It took longer than {seconds} seconds; allow more with ENCORE_TRAINING_SECONDS."),
    N_(
        "It asked for more memory than the {megabytes} MB that are allowed; allow more with "
        "ENCORE_TRAINING_MEMORY_MB."
    ),
    N_(
        "It asked for more memory than is allowed, or than there is; allow more with "
        "ENCORE_TRAINING_MEMORY_MB."
    ),
    N_("An unexpected fault: {fault}"),
    N_("Given up after {count} attempts; the last one: {why}"),
    N_("The program stopped while training; nothing was changed. Train again."),
    N_("The tracking server at ENCORE_MLFLOW_TRACKING_URI was not told: {fault}"),
)
# What data are asked, and what is done (`features.questions`).
QUESTIONS: Final = (
    N_("left out"),
    N_("converted"),
    N_("clipped"),
    N_("The row cannot be learnt from."),
    N_("The row is learnt from, without what is in doubt."),
    N_("Worth knowing; nothing is lost."),
    N_("The row is used; the value is taken as unknown."),
    N_("The row is left out."),
    N_("Does the feedback belong to a recommendation that exists?"),
    N_("Does the recommendation name a title that exists?"),
    N_("Is the rating a number from 1 to 5?"),
    N_("Is it said whether a well-rated title would be watched again?"),
    N_("The row is left out; below a rating of 4 the answer does not matter, and the row is used."),
    N_("Can it be told in which unit the title's duration is?"),
    N_(
        "The row is left out: part of the library has durations in another unit than the rest, and "
        "this title's could be in either."
    ),
    N_("Does the feedback come from this household, not from a demo that has ended?"),
    N_("Is it the member's last verdict on this recommendation?"),
    N_("The row is left out; the member's last verdict counts."),
    N_("Is it the member's last verdict on this title in this context on this day?"),
    N_(
        "The row is left out; the last verdict of the day (UTC) counts, so that repeating oneself "
        "does not weigh more."
    ),
    N_("Is the mood readable JSON?"),
    N_("Is the mood one of the four, or any?"),
    N_("Does the evening name one of the four moods?"),
    N_("The row is used; it says nothing of moods: any was asked for, or none is on record."),
    N_("Is the company one of the three?"),
    N_("Is the session length one of the three?"),
    N_("Does the title have genres?"),
    N_("Are all of the title's genres known by name?"),
    N_("The row is used with the genres that are known; name the others in the genre table."),
    N_("Does the title have a duration?"),
    N_("Is the duration a positive number of minutes, at most a day?"),
    N_("Is the duration in minutes?"),
    N_(
        "The duration can only be in seconds, milliseconds or ticks (ten millionths of a second), "
        "and is converted to minutes."
    ),
    N_("Does the title have a year?"),
    N_("Can the title be from that year?"),
    N_("Do a member's verdicts on one title in one context agree?"),
    N_(
        "The rows are used: tastes change from evening to evening. Many of them bound how well any "
        "model can do."
    ),
    N_("Do duration, year and community rating lie within what the training part shows?"),
    N_("The row is used; the model clips the value to bounds learnt from its training rows."),
    N_("Does the feedback still say what its recommendation says?"),
    N_(
        "The row is used as the feedback has it. Someone changed the recommendation afterwards; "
        "restore it from a backup."
    ),
)
# What a report says of drift (`workflows.quality`).
DRIFT: Final = (
    N_("No model serves yet, so there is nothing to compare with."),
    N_("The serving model was trained before such counts were kept with a model."),
    N_("Nothing was rated since the serving model was trained."),
    N_("The 1 verdict since the serving model was trained looks like what it learnt from."),
    N_("The {count} verdicts since the serving model was trained look like what it learnt from."),
    N_(
        "The 1 verdict since the serving model was trained differ in {features}; training anew "
        "takes that in."
    ),
    N_(
        "The {count} verdicts since the serving model was trained differ in {features}; training "
        "anew takes that in."
    ),
)
# Why a rating from elsewhere is not learnt from (`features.recalled`).
ELSEWHERE: Final = (
    N_("Somebody said that no title of this library is meant."),
    N_("Nobody knows which title is meant; assign it under Library, Histories."),
    N_("It was watched and not rated, and watching is not liking."),
    N_("Encore itself wrote the rating to the media server."),
    N_("The same member, or the household, gave a verdict on the title here."),
    N_("The same member rated the title again later, in another place."),
)

EVERY: Final = (STEPS, GATE, RUNS, QUESTIONS, DRIFT, ELSEWHERE)
