"""The fields every config has; the experiments start from it and change what differs."""

from ml_collections import ConfigDict, config_dict

from reprlearn.config import source_and_target


def get_config(dataset: str = "mnist_5k") -> ConfigDict:
    config = ConfigDict()
    config.seed = 0
    config.method = config_dict.placeholder(str)  # a module of reprlearn/methods

    config.data = ConfigDict()
    config.data.name, target = source_and_target(dataset)
    config.data.target = config_dict.placeholder(str)  # another data set, the domain to adapt to
    config.data.target = target or None
    config.data.batch_size = 100
    config.data.eval_batch_size = 500
    config.data.classes = ()  # the numbers of the classes to train on; (): all
    config.data.data_dir = config_dict.placeholder(str)  # prepared sets; None: TFDS's own folder
    config.data.feed = "auto"  # "device", "stream"; auto: a stream where over 1 GiB to train on
    config.data.workers = 2  # processes that read a stream; 0: none but this one
    config.data.manual_dir = config_dict.placeholder(str)  # idx files of the MNIST family
    # What your own data take; docs/DATA.md says more.
    config.data.max_examples = 0  # a part of them, for a quick try; 0: all
    config.data.split = (80, 10, 10)  # shares of training, validation and test
    config.data.split_seed = 0
    config.data.channels = "auto"  # of images in a folder; or 1, 3
    config.data.image_size = ()  # height, width; (): as they are
    config.data.on_bad_file = "refuse"  # or "skip"
    config.data.label = config_dict.placeholder(str)  # the column of a table
    config.data.columns = ()  # of a table; (): all
    config.data.ignore = ()  # columns of a table to leave out
    config.data.delimiter = "auto"
    config.data.missing = "refuse"  # or "drop", "mean"
    config.data.scaling = "standard"  # of vectors; or "minmax", "none"

    config.model = ConfigDict()

    config.optimizer = get_optimizer()

    config.scores = ()  # measured on the test split at the end; names of files in reprlearn/scores/
    config.baselines = ConfigDict()  # runs to train beside: a name, and the fields that differ

    config.training = ConfigDict()
    config.training.steps = 2_000
    config.training.steps_per_call = 50  # steps that one compiled call scans
    config.training.log_every = 100
    config.training.eval_every = 500
    config.training.checkpoint_every = 1_000
    config.training.keep_checkpoints = 2
    config.training.accumulate_steps = 1  # steps whose mean gradient makes one; must divide steps
    config.training.ema_decay = 0.0  # of the average of parameters that is judged and used; 0: none
    config.training.on_nonfinite = "stop"  # or "skip" the step, and count it
    config.training.num_seeds = 1  # runs of seed, seed + 1, ... trained at once
    config.training.parallel = "jit"  # or "pmap": how a step is spread over devices
    config.training.compilation_cache = "auto"  # "off", or a folder
    return config


def get_optimizer() -> ConfigDict:
    config = ConfigDict()
    config.name = "adam"
    config.learning_rate = 1e-3
    config.momentum = 0.9  # of "momentum"; of Adam, its b1
    config.schedule = "constant"  # or "cosine" or "inverse", over training.steps
    config.final_fraction = 0.0  # of the rate, where "cosine" ends, at the last step
    config.warmup_steps = 0  # linear, from 0
    config.clip_norm = 0.0  # longer gradients are shortened to it; 0: none
    return config
