"""The fields every config has; the experiments start from it and change what differs."""

from ml_collections import ConfigDict, config_dict


def get_config(dataset: str = "mnist_5k") -> ConfigDict:
    config = ConfigDict()
    config.seed = 0
    config.method = config_dict.placeholder(str)  # a module of reprlearn/methods

    config.data = ConfigDict()
    config.data.name = dataset
    config.data.batch_size = 100
    config.data.eval_batch_size = 500
    config.data.data_dir = config_dict.placeholder(str)  # prepared sets; None: TFDS's own folder
    config.data.manual_dir = config_dict.placeholder(str)  # idx files of the MNIST family

    config.model = ConfigDict()

    config.optimizer = ConfigDict()
    config.optimizer.name = "adam"
    config.optimizer.learning_rate = 1e-3
    config.optimizer.schedule = "constant"  # or "cosine", to 0 at training.steps
    config.optimizer.warmup_steps = 0  # linear, from 0

    config.training = ConfigDict()
    config.training.steps = 2_000
    config.training.steps_per_call = 50  # steps that one compiled call scans
    config.training.log_every = 100
    config.training.eval_every = 500
    config.training.checkpoint_every = 1_000
    config.training.keep_checkpoints = 2
    config.training.compilation_cache = "auto"  # "off", or a folder
    return config
