"""What every command takes, for those who must know without importing it. Written by `python -m docs.generate`."""

# ruff: noqa: E501

TEXT = """\
command runlog | Track experiments in plain folders: any program, no server, no account
option -C | DIR | repeats | Go to this folder first
option --store | DIR | once | The store to use instead of the nearest .runlog
option --version |  | once | Print the version and leave
option --help -h |  | once | Show what it takes
command runlog run | Run a program and track it
argument COMMAND...
option --param -p | K=V | repeats | A param
option --params-file | FILE | repeats | Params from a JSON, YAML or TOML file
option --tag -t | K[=V] | repeats | A tag
option --experiment -e | NAME | once | The experiment the run belongs to
option --name -n | NAME | once | A name for the run
option --note -m | TEXT | once | What this run is about
option --parent | RUN | once | The run this one is part of
option --input | NAME=PATH | repeats | Data the program uses
option --artifact -a | GLOB | repeats | Files to keep when the program has ended, as 'out/*.png'
option --metrics-from-output |  | once | Log what the program prints as 'loss: 0.31' or 'epoch=3 loss=0.31'
option --metric-regex | REGEX | repeats | Log what a regular expression finds in the output: each named group, or the groups name and value
option --strict-git |  | once | Refuse to run with changes that are not committed
option --needed |  | once | Do not run what has been run: same code, params, inputs and command
option --no-tty |  | once | Give the program pipes even where it would see a terminal
option --no-flags |  | once | Do not record the program's own flags as params
option --quiet -q |  | once | Say nothing at the end
option --help -h |  | once | Show what it takes
command runlog ls | List runs, newest first
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
option --sort | FIELD | once | Order by a field
option --limit -n | N | once | At most so many
option --removed |  | once | The runs in the trash instead
option --json |  | once | Print JSON
option --jsonl |  | once | Print JSON, one object a line
option --csv |  | once | Print CSV
option --md |  | once | Print a Markdown table
option --quiet -q |  | once | Print the first column only: ids, or names
option --cols | FIELDS | repeats | Show these columns alone, as name,rmse,'min(loss)'
option --format | TEMPLATE | once | Print a line a run, as '{id} {rmse:.3f} {params.alpha}'
argument A..B
option --help -h |  | once | Show what it takes
command runlog show | Show all that is known of a run
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
argument RUN
option --json |  | once | Print JSON
option --help -h |  | once | Show what it takes
command runlog compare | Set runs side by side: what differs, and who is best (*)
option --json |  | once | Print JSON
option --jsonl |  | once | Print JSON, one object a line
option --csv |  | once | Print CSV
option --md |  | once | Print a Markdown table
option --quiet -q |  | once | Print the first column only: ids, or names
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
option --sort | FIELD | once | Order by a field
option --limit -n | N | once | At most so many
argument RUN...
option --all |  | once | Show what all runs have in common too
option --metric -m | METRIC | repeats | These metrics alone
option --curves -c |  | once | Draw the curve of each metric, those of one metric on one scale
option --baseline -b | RUN | once | Show differences to this run, which joins the others
option --max | METRIC | repeats | More of this metric is better
option --min | METRIC | repeats | Less of this metric is better
option --group-by -g | KEY | repeats | Mean and spread of runs with equal KEY
option --strict |  | once | Leave with 1 when there is doubt whether the runs are comparable
option --help -h |  | once | Show what it takes
command runlog diff | Show everything that differs between two runs, or between a run and what is here now
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
argument RUN
argument OTHER
option --stat |  | once | Count the lines of files and do not show them
option --code |  | once | Only the code, as a patch that git apply takes, without binary files
option --json |  | once | Print JSON
option --no-pager |  | once | Print at once, also on a terminal
option --help -h |  | once | Show what it takes
command runlog reproduce | Run a run again, from its own code, under the same params, with the same data, and judge what it comes to
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
argument RUN
option --param -p | K=V | repeats | Another value for a param: a variation of the run
option --input | NAME=PATH | repeats | Where an input is now
option --env |  | once | Install the packages of the run too, by uv if it is there, else by pip
option --tolerance | X | once | How far a metric may be off, absolutely or in proportion
option --ignore | PATTERN | repeats | Metrics and artifacts that may differ, as 'time/*'
option --into | DIR | once | Put the code there and leave it
option --anyway |  | once | Go on with data that is not the same
option --dry-run |  | once | Only say what would be done, and what would not be the same
option --json |  | once | Print JSON
option --help -h |  | once | Show what it takes
command runlog best | Print the id of the best run
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
option --limit -n | N | once | At most so many
option --removed |  | once | The runs in the trash instead
argument METRIC
option --max |  | once | The more the better
option --min |  | once | The less the better
option --help -h |  | once | Show what it takes
command runlog logs | Print what the program of a run printed
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
argument RUN
option --follow -f |  | once | Go on until the run ends
option --lines -n | N | once | Only the last N lines of each stream
option --stdout |  | once | Only what went to standard output
option --stderr |  | once | Only what went to standard error
option --raw |  | once | Print every byte
option --help -h |  | once | Show what it takes
command runlog watch | Watch running runs and their last metrics, until Ctrl-C
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
option --sort | FIELD | once | Order by a field
option --limit -n | N | once | At most so many
option --once |  | once | Print the table once
option --until-done |  | once | Leave when nothing is running any more
option --metric -m | NAME | repeats | These metrics alone
option --help -h |  | once | Show what it takes
command runlog metrics | Show metrics and their curves, or every point
option --json |  | once | Print JSON
option --jsonl |  | once | Print JSON, one object a line
option --csv |  | once | Print CSV
option --md |  | once | Print a Markdown table
option --quiet -q |  | once | Print the first column only: ids, or names
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
argument RUN
argument METRIC...
option --history |  | once | Print every point
option --help -h |  | once | Show what it takes
command runlog artifacts | List the files of a run, copy them out, print them
option --help -h |  | once | Show what it takes
command runlog artifacts ls | List the files that were logged into a run
option --json |  | once | Print JSON
option --jsonl |  | once | Print JSON, one object a line
option --csv |  | once | Print CSV
option --md |  | once | Print a Markdown table
option --quiet -q |  | once | Print the first column only: ids, or names
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
argument RUN
argument PATH...
option --help -h |  | once | Show what it takes
command runlog artifacts get | Copy files out of a run, under the paths they have there
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
argument RUN
argument PATH...
option --output -o | DIR | once | Where to
option --force -f |  | once | Put them in place of other files
option --quiet -q |  | once | Print nothing
option --help -h |  | once | Show what it takes
command runlog artifacts cat | Print a file of a run as it is
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
argument RUN
argument PATH
option --help -h |  | once | Show what it takes
command runlog artifacts path | Print where a file of a run lies
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
argument RUN
argument PATH
option --help -h |  | once | Show what it takes
command runlog params | Print the params of a run: name=value, a line each
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
argument RUN
argument NAME...
option --json |  | once | Print JSON
option --shell |  | once | Print lines for eval, as RUNLOG_PARAM_ALPHA=0.1
option --flags |  | once | Print options for a program, as --alpha 0.1, for eval
option --help -h |  | once | Show what it takes
command runlog which | Name the runs that made a file or used it, known by its bytes
option --json |  | once | Print JSON
option --jsonl |  | once | Print JSON, one object a line
option --csv |  | once | Print CSV
option --md |  | once | Print a Markdown table
option --quiet -q |  | once | Print the first column only: ids, or names
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
argument FILE...
option --help -h |  | once | Show what it takes
command runlog export | Write runs, or all their points, as one tidy table
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
option --sort | FIELD | once | Order by a field
option --limit -n | N | once | At most so many
option --removed |  | once | The runs in the trash instead
argument RUN...
option --points |  | once | One row a point: run, metric, step, time, value
option --metric -m | NAME | repeats | These metrics alone
option --csv |  | once | CSV, which is the default in a pipe
option --jsonl |  | once | JSON, one object a line, with types kept
option --parquet | FILE | once | A Parquet file, with types kept
option --output -o | FILE | once | Where to
option --help -h |  | once | Show what it takes
command runlog gate | Decide whether a candidate is good enough
option --require -r | EXPR | repeats | What must be true of each run, as 'rmse <= 6.5'
option --no-worse-than | RUN | repeats | A run or a model, as duration@production
option --metric -m | NAME | repeats | Compare this metric
option --tolerance | METRIC:AMOUNT | repeats | How much worse it may be, as rmse:0.05 or rmse:1%
option --direction | METRIC:WAY | repeats | Which way is better, as rmse:min or auc:max
option --confidence | PART | once | How sure to be that several runs are worse, and not by chance
option --rules | FILE | once | Rules in a TOML file
option --allow-missing |  | once | Let pass what cannot be judged: missing metrics and baselines
option --allow-unfinished |  | once | Judge runs that have not ended well, too
argument RUN...
option --json |  | once | Print JSON
option --md |  | once | Print Markdown, for a pull request
option --junit | FILE | once | Write JUnit XML as well
option --quiet -q |  | once | Print nothing
option --help -h |  | once | Show what it takes
command runlog lineage | Show where something comes from and what came of it
argument WHAT
option --up |  | once | Only what it comes from
option --down |  | once | Only what came of it
option --depth | N | once | At most so many steps away
option --all |  | once | All of it, also beyond 20 branches of a kind and 20 steps
option --json |  | once | Print JSON: nodes, and edges from what was before to what came of it
option --mermaid |  | once | Print a Mermaid picture, for Markdown
option --dot |  | once | Print a Graphviz picture
option --help -h |  | once | Show what it takes
command runlog model | Register models, promote, find and ship them
option --help -h |  | once | Show what it takes
command runlog model ls | List the registered models, or the versions of one
option --json |  | once | Print JSON
option --jsonl |  | once | Print JSON, one object a line
option --csv |  | once | Print CSV
option --md |  | once | Print a Markdown table
option --quiet -q |  | once | Print the first column only: ids, or names
argument MODEL
option --removed |  | once | What lies in the trash instead
option --help -h |  | once | Show what it takes
command runlog model register | Give the model of a run the next number under a name
argument RUN
option --name -n | MODEL | once | The model it is a version of
option --path | PATH | once | Which of several models of the run
option --stage | STAGE | once | Promote it at once
option --alias | ALIAS | repeats | A word that means it from now on
option --tag -t | K[=V] | repeats | A tag
option --note -m | TEXT | once | What is to be known of it
option --json |  | once | Print JSON
option --quiet -q |  | once | Print the version only, as duration@3
option --help -h |  | once | Show what it takes
command runlog model show | Show all that is known of a model or of a version, and whether its files are what was registered
argument MODEL
option --json |  | once | Print JSON
option --help -h |  | once | Show what it takes
command runlog model promote | Put a version into a stage
argument MODEL
argument VERSION
option --to | STAGE | once | staging, production, archived or none
option --keep |  | once | Leave what held the stage there, too
option --move-to | STAGE | once | Where what held the stage goes
option --why -m | TEXT | once | Why, for the history
option --json |  | once | Print JSON
option --quiet -q |  | once | Print nothing
option --help -h |  | once | Show what it takes
command runlog model path | Print the folder of a model, for scripts
argument MODEL
option --help -h |  | once | Show what it takes
command runlog model export | Copy a model out of the store, to ship it: a folder or archive that needs nothing else
argument MODEL
option --output -o | TARGET | once | A folder, or a .zip, .tar.gz, .tgz or .tar
option --force -f |  | once | In place of what is there
option --help -h |  | once | Show what it takes
command runlog model history | Tell what happened to a model: who did what when, why, from what to what
option --json |  | once | Print JSON
option --jsonl |  | once | Print JSON, one object a line
option --csv |  | once | Print CSV
option --md |  | once | Print a Markdown table
option --quiet -q |  | once | Print the first column only: ids, or names
argument MODEL
option --help -h |  | once | Show what it takes
command runlog model alias | Give a version a word that means it, as champion
argument MODEL
argument VERSION
argument ALIAS
option --rm |  | once | Let the word mean nothing any more
option --help -h |  | once | Show what it takes
command runlog model tag | Tag a version, or the whole model
argument MODEL
argument VERSION
argument K[=V]...
option --rm | K | repeats | Take this tag off
option --help -h |  | once | Show what it takes
command runlog model describe | Say in words what a model or a version is about, or print what was said
argument MODEL
argument VERSION
argument TEXT
option --file -F | FILE | once | Take the text from a file
option --clear |  | once | Take the description back
option --help -h |  | once | Show what it takes
command runlog model rm | Put a version, or all versions of a model, into the trash
argument MODEL
argument VERSION
option --force -f |  | once | Even if it is in staging or production, or has an alias
option --why -m | TEXT | once | Why, for the history
option --help -h |  | once | Show what it takes
command runlog model restore | Take a version out of the trash
argument MODEL
argument VERSION
option --help -h |  | once | Show what it takes
command runlog model settle | Let one of several versions keep a number that was given on several machines
argument MODEL
argument VERSION
option --help -h |  | once | Show what it takes
command runlog model serve | Answer requests for predictions, by the protocol of mlflow models serve
argument MODEL
option --host | HOST | once | The address to listen on
option --port -p | PORT | once | The port
option --timeout | SECONDS | once | How long a prediction may take
option --trust |  | once | Let code that lies in the model run
option --help -h |  | once | Show what it takes
command runlog model predict | Predict a value for every row of a file
argument MODEL
option --input -i | FILE | once | A table: .csv, .parquet or .jsonl
option --output -o | FILE | once | Where to
option --from | FORM | once | The form of the input: csv, parquet or jsonl
option --to | FORM | once | The form of the output
option --column | NAME | once | The column that the predictions go to
option --only |  | once | The predictions without the columns of the input
option --rows | N | once | So many rows are predicted at a time
option --force -f |  | once | Take the place of a file that is there
option --trust |  | once | Let code that lies in the model run
option --help -h |  | once | Show what it takes
command runlog checkout | Put the code of a run into a folder, as it was when the run began
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
argument RUN
argument DIR
option --plain |  | once | Plain files, and no work tree of git
option --json |  | once | Print JSON
option --help -h |  | once | Show what it takes
command runlog log | Log into the run around this command
argument METRIC=VALUE...
option --param -p | K=V | repeats | A param
option --tag -t | K[=V] | repeats | A tag
option --artifact -a | PATH[:DEST] | repeats | A file or folder to keep
option --note -m | TEXT | once | What the run is about
option --time | WHEN | once | When: seconds after 1970, or as 2026-11-20T21:30
option --run | RUN | once | The run to log into, if it is not the one around this command
option --force -f |  | once | Log even into a run that has ended
option --help -h |  | once | Show what it takes
command runlog start | Begin a run that spans several commands
option --param -p | K=V | repeats | A param
option --params-file | FILE | repeats | Params from a JSON, YAML or TOML file
option --tag -t | K[=V] | repeats | A tag
option --experiment -e | NAME | once | The experiment the run belongs to
option --name -n | NAME | once | A name for the run
option --note -m | TEXT | once | What this run is about
option --trap |  | once | Print traps, too, that end the run when the script ends
option --fish |  | once | Print lines for fish: runlog start --fish | source
option --json |  | once | Print JSON
option --help -h |  | once | Show what it takes
command runlog finish | End a run that `runlog start` began
argument RUN
option --state | END | once | finished, failed or killed
option --exit-code | N | once | The exit status of the script
option --if-running |  | once | Leave a run that has ended as it is
option --fish |  | once | Print lines for fish
option --quiet -q |  | once | Print nothing
option --help -h |  | once | Show what it takes
command runlog wait | Wait until runs have ended, and print how they did
option --json |  | once | Print JSON
option --jsonl |  | once | Print JSON, one object a line
option --csv |  | once | Print CSV
option --md |  | once | Print a Markdown table
option --quiet -q |  | once | Print the first column only: ids, or names
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
option --sort | FIELD | once | Order by a field
option --limit -n | N | once | At most so many
argument RUN...
option --timeout | TIME | once | Wait no longer, as 90s or 2h
option --help -h |  | once | Show what it takes
command runlog exists | Ask whether there is a run
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
option --sort | FIELD | once | Order by a field
option --limit -n | N | once | At most so many
option --removed |  | once | The runs in the trash instead
argument RUN...
option --help -h |  | once | Show what it takes
command runlog tag | Tag runs
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
option --sort | FIELD | once | Order by a field
option --limit -n | N | once | At most so many
argument RUN...
argument K=V...
option --tag -t | K[=V] | repeats | A tag that cannot be taken for a run
option --rm | K | repeats | Take this tag off
option --dry-run |  | once | Tell what would be done, and do nothing
option --yes -y |  | once | Do not ask before it is done to runs that were not named
option --quiet -q |  | once | Print ids only
option --help -h |  | once | Show what it takes
command runlog note | Say in words what a run is about, or print what was said
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
argument RUN
argument TEXT
option --file -F | FILE | once | Take the note from a file
option --clear |  | once | Take the note back
option --help -h |  | once | Show what it takes
command runlog rename | Name a run
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
argument RUN
argument NAME
option --clear |  | once | Take its name back
option --help -h |  | once | Show what it takes
command runlog move | Count runs to another experiment, making it if need be
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
option --sort | FIELD | once | Order by a field
option --limit -n | N | once | At most so many
argument RUN...
argument EXPERIMENT
option --dry-run |  | once | Tell what would be done, and do nothing
option --yes -y |  | once | Do not ask before it is done to runs that were not named
option --quiet -q |  | once | Print ids only
option --help -h |  | once | Show what it takes
command runlog stop | Ask running runs to end (SIGTERM), and wait for them
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
option --sort | FIELD | once | Order by a field
option --limit -n | N | once | At most so many
argument RUN...
option --kill |  | once | Kill what has not ended after the wait, with all it has started
option --wait | SECONDS | once | How long to wait for a run to end
option --lost |  | once | Signal nothing: mark runs whose process is gone or unknown as killed
option --dry-run |  | once | Tell what would be done, and do nothing
option --yes -y |  | once | Do not ask before it is done to runs that were not named
option --quiet -q |  | once | Print ids only
option --help -h |  | once | Show what it takes
command runlog rm | Put runs into the trash: those named, or those that fit
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
option --sort | FIELD | once | Order by a field
option --limit -n | N | once | At most so many
argument RUN...
option --force -f |  | once | Running runs too
option --dry-run |  | once | Tell what would be done, and do nothing
option --yes -y |  | once | Do not ask before it is done to runs that were not named
option --quiet -q |  | once | Print ids only
option --help -h |  | once | Show what it takes
command runlog restore | Take runs out of the trash
option --tag -t | K[=V] | repeats | Only runs with this tag
option --where -w | EXPR | repeats | Only runs that fit, as in 'rmse < 6.5'
option --experiment -e | NAME | repeats | Only runs of this experiment
option --status | STATE | repeats | Only runs in this state, as running or lost
option --since | WHEN | once | Only runs that began since, as 2d or 2026-11-20
option --commit | COMMIT | once | Only runs at a commit, or of a range as main..HEAD
option --branch | NAME | once | Only runs on this branch
option --touching | PATH | once | Only runs whose commit, or uncommitted changes, changed it
option --dirty |  | once | Only runs with uncommitted changes
option --same-code-as | RUN | once | Only runs of the same code
option --sort | FIELD | once | Order by a field
option --limit -n | N | once | At most so many
argument RUN...
option --dry-run |  | once | Tell what would be done, and do nothing
option --yes -y |  | once | Do not ask before it is done to runs that were not named
option --quiet -q |  | once | Print ids only
option --help -h |  | once | Show what it takes
command runlog gc | Give space back: empty runs in the trash, remove litter
option --dry-run |  | once | Tell what would go and how much space it takes, and do nothing
option --older-than | AGE | once | Only runs that lie in the trash for so long
option --keep-best | N METRIC | once | Keep the best N of each experiment
option --keep-tagged |  | once | Keep runs that have a tag
option --keep-tag | K[=V] | repeats | Keep runs with this tag
option --keep-newer-than | AGE | once | Keep runs that ended since
option --experiment -e | NAME | once | Only runs of this experiment
option --forget |  | once | Drop the documents too: a copy of the run could come back then
option --yes -y |  | once | Do not ask
option --json |  | once | Print JSON
option --help -h |  | once | Show what it takes
command runlog experiments | List, make, name, describe and remove experiments
option --help -h |  | once | Show what it takes
command runlog experiments ls | List experiments with the states of their runs
option --json |  | once | Print JSON
option --jsonl |  | once | Print JSON, one object a line
option --csv |  | once | Print CSV
option --md |  | once | Print a Markdown table
option --quiet -q |  | once | Print the first column only: ids, or names
option --removed |  | once | What lies in the trash instead
option --help -h |  | once | Show what it takes
command runlog experiments create | Make an experiment
argument NAME
option --note -m | TEXT | once | What it is about
option --help -h |  | once | Show what it takes
command runlog experiments rename | Call an experiment something else
argument OLD
argument NEW
option --help -h |  | once | Show what it takes
command runlog experiments note | Say in words what an experiment is about, or print what was said
argument NAME
argument TEXT
option --file -F | FILE | once | Take the note from a file
option --clear |  | once | Take the note back
option --help -h |  | once | Show what it takes
command runlog experiments set | Say which way metrics should go, for compare and best
argument NAME
option --max | METRIC | repeats | More of this metric is better
option --min | METRIC | repeats | Less of this metric is better
option --unset | METRIC | repeats | Take back what was said of this metric
option --help -h |  | once | Show what it takes
command runlog experiments rm | Put an experiment and all its runs into the trash
argument NAME
option --force -f |  | once | Running runs too
option --help -h |  | once | Show what it takes
command runlog experiments restore | Take an experiment out of the trash
argument NAME
option --help -h |  | once | Show what it takes
command runlog check | Verify every file of the store
option --repair |  | once | Mend what can be mended, set aside what cannot
option --secrets |  | once | Look for secrets instead: names files and lines, never a value
option --json |  | once | Print JSON
option --help -h |  | once | Show what it takes
command runlog init | Make a store here
argument DIR
option --help -h |  | once | Show what it takes
command runlog completion | Print a script for bash, zsh or fish that completes
argument SHELL
option --help -h |  | once | Show what it takes
"""
