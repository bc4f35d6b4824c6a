// Made by scripts/make-directives.ts from systemd's own list and manual. Sections -> "Key=KIND@since ...", since when later than 239.

export const directiveTable: Readonly<Record<string, string>> = {
  Unit:
    "After=UNIT_[...] AllowIsolate=BOOLEAN AssertACPower=CONDITION AssertArchitecture=CONDITION " +
    "AssertCPUFeature=CONDITION AssertCPUPressure=CONDITION AssertCPUs=CONDITION " +
    "AssertCapability=CONDITION AssertControlGroupController=CONDITION AssertCredential=CONDITION " +
    "AssertDirectoryNotEmpty=CONDITION AssertEnvironment=CONDITION AssertFileIsExecutable=CONDITION " +
    "AssertFileNotEmpty=CONDITION AssertFirstBoot=CONDITION AssertGroup=CONDITION AssertHost=CONDITION " +
    "AssertIOPressure=CONDITION AssertKernelCommandLine=CONDITION AssertKernelVersion=CONDITION " +
    "AssertMemory=CONDITION AssertMemoryPressure=CONDITION AssertNeedsUpdate=CONDITION " +
    "AssertOSRelease=CONDITION AssertPathExists=CONDITION AssertPathExistsGlob=CONDITION " +
    "AssertPathIsDirectory=CONDITION AssertPathIsEncrypted=CONDITION AssertPathIsMountPoint=CONDITION " +
    "AssertPathIsReadWrite=CONDITION AssertPathIsSymbolicLink=CONDITION AssertSecurity=CONDITION " +
    "AssertUser=CONDITION AssertVirtualization=CONDITION Before=UNIT_[...] BindTo=UNIT_[...] " +
    "BindsTo=UNIT_[...] CollectMode=OTHER ConditionACPower=CONDITION@244 ConditionArchitecture=CONDITION " +
    "ConditionCPUFeature=CONDITION@248 ConditionCPUPressure=CONDITION@250 ConditionCPUs=CONDITION@244 " +
    "ConditionCapability=CONDITION@244 ConditionControlGroupController=CONDITION@244 " +
    "ConditionCredential=CONDITION@252 ConditionDirectoryNotEmpty=CONDITION@244 " +
    "ConditionEnvironment=CONDITION@246 ConditionFileIsExecutable=CONDITION@244 " +
    "ConditionFileNotEmpty=CONDITION@244 ConditionFirmware=CONDITION@249 ConditionFirstBoot=CONDITION@244 " +
    "ConditionGroup=CONDITION@244 ConditionHost=CONDITION@244 ConditionIOPressure=CONDITION@250 " +
    "ConditionKernelCommandLine=CONDITION@244 ConditionKernelVersion=CONDITION@244 " +
    "ConditionMemory=CONDITION@244 ConditionMemoryPressure=CONDITION@250 " +
    "ConditionNeedsUpdate=CONDITION@244 ConditionOSRelease=CONDITION@249 " +
    "ConditionPathExists=CONDITION@244 ConditionPathExistsGlob=CONDITION@244 " +
    "ConditionPathIsDirectory=CONDITION@244 ConditionPathIsEncrypted=CONDITION@246 " +
    "ConditionPathIsMountPoint=CONDITION@244 ConditionPathIsReadWrite=CONDITION@244 " +
    "ConditionPathIsSymbolicLink=CONDITION@244 ConditionSecurity=CONDITION@244 " +
    "ConditionUser=CONDITION@244 ConditionVirtualization=CONDITION@244 Conflicts=UNIT_[...] " +
    "DefaultDependencies=BOOLEAN Description=STRING Documentation=URL FailureActionExitStatus=OTHER@240 " +
    "IgnoreOnIsolate=BOOLEAN JobRunningTimeoutSec=OTHER JobTimeoutAction=ACTION@240 " +
    "JobTimeoutRebootArgument=OTHER@240 JobTimeoutSec=OTHER JoinsNamespaceOf=UNIT_[...] " +
    "OnFailure=UNIT_[...] OnFailureIsolate=BOOLEAN OnFailureJobMode=MODE OnSuccess=UNIT_[...]@249 " +
    "OnSuccessJobMode=MODE PartOf=UNIT_[...] PropagateReloadFrom=UNIT_[...] PropagateReloadTo=UNIT_[...] " +
    "PropagatesReloadTo=UNIT_[...] PropagatesStopTo=UNIT_[...]@249 RefuseManualStart=BOOLEAN " +
    "RefuseManualStop=BOOLEAN ReloadPropagatedFrom=UNIT_[...] Requires=UNIT_[...] " +
    "RequiresMountsFor=PATH_[...] RequiresOverridable=OTHER Requisite=UNIT_[...] " +
    "RequisiteOverridable=OTHER SourcePath=PATH StartLimitIntervalSec=SECONDS " +
    "StopPropagatedFrom=UNIT_[...]@249 StopWhenUnneeded=BOOLEAN SuccessAction=ACTION " +
    "SuccessActionExitStatus=OTHER@240 SurviveFinalKillSignal=BOOLEAN@255 Upholds=UNIT_[...]@249 " +
    "Wants=UNIT_[...] WantsMountsFor=PATH_[...]@256 ",
  "Unit Service":
    "FailureAction=ACTION RebootArgument=STRING StartLimitAction=ACTION StartLimitBurst=UNSIGNED " +
    "StartLimitInterval=SECONDS ",
  Service:
    "BusName=OTHER ExecCondition=PATH_[ARGUMENT_[...]]@243 ExecReload=PATH_[ARGUMENT_[...]] " +
    "ExecStart=PATH_[ARGUMENT_[...]] ExecStop=PATH_[ARGUMENT_[...]] ExitType=SERVICEEXITTYPE@250 " +
    "FileDescriptorStoreMax=UNSIGNED FileDescriptorStorePreserve=OTHER@254 GuessMainPID=BOOLEAN " +
    "NonBlocking=BOOLEAN NotifyAccess=ACCESS OpenFile=OTHER@253 PIDFile=OTHER " +
    "PermissionsStartOnly=BOOLEAN ReloadSignal=SIGNAL@253 RemainAfterExit=BOOLEAN Restart=SERVICERESTART " +
    "RestartForceExitStatus=STATUS RestartMaxDelaySec=SECONDS@254 RestartMode=SERVICERESTARTMODE@254 " +
    "RestartPreventExitStatus=STATUS RestartSec=SECONDS RestartSteps=UNSIGNED@254 " +
    "RootDirectoryStartOnly=BOOLEAN Sockets=SOCKETS SuccessExitStatus=STATUS TimeoutAbortSec=OTHER@243 " +
    "TimeoutStartFailureMode=TIMEOUTMODE@246 TimeoutStartSec=SECONDS " +
    "TimeoutStopFailureMode=TIMEOUTMODE@246 USBFunctionDescriptors=PATH USBFunctionStrings=PATH " +
    "WatchdogSec=SECONDS ",
  "Service Socket":
    "ExecStartPost=PATH_[ARGUMENT_[...]] ExecStartPre=PATH_[ARGUMENT_[...]] " +
    "ExecStopPost=PATH_[ARGUMENT_[...]] ",
  "Service Socket Mount Swap":
    "AmbientCapabilities=BOUNDINGSET AppArmorProfile=OTHER BindLogSockets=OTHER@257 " +
    "BindPaths=PATH[:PATH[:OPTIONS]]_[...] BindReadOnlyPaths=PATH[:PATH[:OPTIONS]]_[...] " +
    "CPUAffinity=CPUAFFINITY CPUSchedulingPolicy=CPUSCHEDPOLICY CPUSchedulingPriority=CPUSCHEDPRIO " +
    "CPUSchedulingResetOnFork=BOOLEAN CacheDirectory=OTHER CacheDirectoryMode=MODE " +
    "CapabilityBoundingSet=BOUNDINGSET ConfigurationDirectory=OTHER ConfigurationDirectoryMode=MODE " +
    "CoredumpFilter=OTHER DynamicUser=BOOLEAN Environment=ENVIRON EnvironmentFile=FILE " +
    "ExecPaths=PATH_[...] ExecSearchPath=PATH@250 ExtensionDirectories=PATH_[...]@251 " +
    "ExtensionImagePolicy=OTHER@254 ExtensionImages=OTHER@248 Group=OTHER IOSchedulingClass=IOCLASS " +
    "IOSchedulingPriority=IOPRIORITY IPCNamespacePath=PATH@248 IgnoreSIGPIPE=BOOLEAN " +
    "ImportCredential=OTHER@254 InaccessibleDirectories=PATH_[...] InaccessiblePaths=PATH_[...] " +
    "KeyringMode=OTHER LimitAS=LIMIT LimitCORE=LIMIT LimitCPU=LIMIT LimitDATA=LIMIT LimitFSIZE=LIMIT " +
    "LimitLOCKS=LIMIT LimitMEMLOCK=LIMIT LimitMSGQUEUE=LIMIT LimitNICE=LIMIT LimitNOFILE=LIMIT " +
    "LimitNPROC=LIMIT LimitRSS=LIMIT LimitRTPRIO=LIMIT LimitRTTIME=LIMIT LimitSIGPENDING=LIMIT " +
    "LimitSTACK=LIMIT LoadCredential=OTHER@247 LoadCredentialEncrypted=OTHER@247 LockPersonality=BOOLEAN " +
    "LogExtraFields=OTHER LogFilterPatterns=REGEX@253 LogLevelMax=LEVEL LogNamespace=OTHER@245 " +
    "LogRateLimitBurst=UNSIGNED@240 LogRateLimitIntervalSec=SECONDS@240 LogsDirectory=OTHER " +
    "LogsDirectoryMode=MODE MemoryDenyWriteExecute=BOOLEAN MemoryKSM=OTHER@254 MountAPIVFS=OTHER " +
    "MountFlags=MOUNTFLAG MountImagePolicy=OTHER@254 MountImages=OTHER@247 NUMAMask=OTHER@243 " +
    "NUMAPolicy=OTHER@243 NetworkNamespacePath=PATH@242 Nice=NICE NoExecPaths=PATH_[...] " +
    "NoNewPrivileges=BOOLEAN OOMScoreAdjust=OOMSCOREADJUST PAMName=STRING PassEnvironment=OTHER " +
    "Personality=PERSONALITY PrivateDevices=BOOLEAN PrivateIPC=BOOLEAN@248 PrivateMounts=OTHER " +
    "PrivateNetwork=BOOLEAN PrivatePIDs=OTHER@257 PrivateTmp=OTHER PrivateUsers=OTHER " +
    "ProcSubset=OTHER@247 ProtectClock=BOOLEAN@245 ProtectControlGroups=OTHER ProtectHome=OTHER " +
    "ProtectHostname=BOOLEAN@242 ProtectKernelLogs=BOOLEAN@244 ProtectKernelModules=BOOLEAN " +
    "ProtectKernelTunables=BOOLEAN ProtectProc=OTHER@247 ProtectSystem=OTHER " +
    "ReadOnlyDirectories=PATH_[...] ReadOnlyPaths=PATH_[...] ReadWriteDirectories=PATH_[...] " +
    "ReadWritePaths=PATH_[...] RemoveIPC=BOOLEAN RestrictAddressFamilies=FAMILIES " +
    "RestrictFileSystems=FILESYSTEMS@250 RestrictNamespaces=NAMESPACES RestrictRealtime=BOOLEAN " +
    "RestrictSUIDSGID=BOOLEAN@242 RootDirectory=PATH RootEphemeral=BOOLEAN@254 RootHash=OTHER@246 " +
    "RootHashSignature=OTHER@246 RootImage=PATH RootImageOptions=OTHER@247 RootImagePolicy=OTHER@254 " +
    "RootVerity=PATH@246 RuntimeDirectory=OTHER RuntimeDirectoryMode=MODE RuntimeDirectoryPreserve=OTHER " +
    "SELinuxContext=LABEL SecureBits=SECUREBITS SetCredential=OTHER@247 SetCredentialEncrypted=OTHER@247 " +
    "SetLoginEnvironment=OTHER@255 SmackProcessLabel=OTHER StandardError=OUTPUT StandardInput=INPUT " +
    "StandardInputData=OTHER StandardInputText=OTHER StandardOutput=OUTPUT StateDirectory=OTHER " +
    "StateDirectoryMode=MODE SupplementaryGroups=OTHER SyslogFacility=FACILITY SyslogIdentifier=STRING " +
    "SyslogLevel=LEVEL SyslogLevelPrefix=BOOLEAN SystemCallArchitectures=ARCHS " +
    "SystemCallErrorNumber=ERRNO SystemCallFilter=SYSCALLS SystemCallLog=SYSCALLS@247 " +
    "TTYColumns=OTHER@250 TTYPath=PATH TTYReset=BOOLEAN TTYRows=OTHER@250 TTYVHangup=BOOLEAN " +
    "TTYVTDisallocate=BOOLEAN TemporaryFileSystem=OTHER TimeoutCleanSec=SECONDS@244 TimeoutSec=OTHER " +
    "TimerSlackNSec=NANOSECONDS UMask=MODE UnsetEnvironment=OTHER User=OTHER UtmpIdentifier=STRING " +
    "UtmpMode=OTHER WorkingDirectory=OTHER ",
  "Service Scope":
    "OOMPolicy=OTHER@243 RuntimeMaxSec=SECONDS RuntimeRandomizedExtraSec=SECONDS@250 " +
    "TimeoutStopSec=SECONDS ",
  "Service Mount": "Type=STRING ",
  "Service Socket Mount Swap Slice Scope":
    "AllowedCPUs=OTHER@244 AllowedMemoryNodes=OTHER@244 BPFProgram=OTHER@249 BlockIOAccounting=BOOLEAN " +
    "BlockIODeviceWeight=DEVICEWEIGHT BlockIOReadBandwidth=BANDWIDTH BlockIOWeight=WEIGHT " +
    "BlockIOWriteBandwidth=BANDWIDTH CPUAccounting=BOOLEAN CPUQuota=OTHER CPUQuotaPeriodSec=OTHER@242 " +
    "CPUShares=SHARES CPUWeight=CPUWEIGHT CoredumpReceive=BOOLEAN@255 DefaultMemoryLow=LIMIT " +
    "DefaultMemoryMin=LIMIT DefaultStartupMemoryLow=LIMIT@253 Delegate=OTHER DelegateSubgroup=OTHER@254 " +
    "DeviceAllow=DEVICE DevicePolicy=POLICY DisableControllers=OTHER@240 IOAccounting=BOOLEAN " +
    "IODeviceLatencyTargetSec=DEVICELATENCY@240 IODeviceWeight=DEVICEWEIGHT IOReadBandwidthMax=LIMIT " +
    "IOReadIOPSMax=LIMIT IOWeight=WEIGHT IOWriteBandwidthMax=LIMIT IOWriteIOPSMax=LIMIT " +
    "IPAccounting=BOOLEAN IPAddressAllow=OTHER IPAddressDeny=OTHER IPEgressFilterPath=OTHER@243 " +
    "IPIngressFilterPath=OTHER@243 ManagedOOMMemoryPressure=OTHER@247 " +
    "ManagedOOMMemoryPressureDurationSec=OTHER@257 ManagedOOMMemoryPressureLimit=OTHER@247 " +
    "ManagedOOMPreference=OTHER@248 ManagedOOMSwap=OTHER@247 MemoryAccounting=BOOLEAN MemoryHigh=LIMIT " +
    "MemoryLimit=LIMIT MemoryLow=LIMIT@240 MemoryMax=LIMIT MemoryMin=LIMIT@240 " +
    "MemoryPressureThresholdSec=SECONDS@254 MemoryPressureWatch=OTHER@254 MemorySwapMax=LIMIT " +
    "MemoryZSwapMax=LIMIT@253 MemoryZSwapWriteback=BOOLEAN@256 NFTSet=OTHER@255 " +
    "RestrictNetworkInterfaces=OTHER@250 Slice=SLICE SocketBindAllow=OTHER@249 SocketBindDeny=OTHER@249 " +
    "StartupAllowedCPUs=OTHER@244 StartupAllowedMemoryNodes=OTHER@244 StartupBlockIOWeight=WEIGHT " +
    "StartupCPUShares=SHARES StartupCPUWeight=CPUWEIGHT StartupIOWeight=WEIGHT StartupMemoryHigh=LIMIT@253 " +
    "StartupMemoryLow=LIMIT@253 StartupMemoryMax=LIMIT@253 StartupMemorySwapMax=LIMIT@253 " +
    "StartupMemoryZSwapMax=LIMIT@253 TasksAccounting=BOOLEAN TasksMax=OTHER ",
  "Service Socket Mount Swap Scope":
    "FinalKillSignal=SIGNAL@240 KillMode=KILLMODE KillSignal=SIGNAL RestartKillSignal=SIGNAL@244 " +
    "SendSIGHUP=BOOLEAN SendSIGKILL=BOOLEAN WatchdogSignal=SIGNAL@240 ",
  Socket:
    "Accept=BOOLEAN Backlog=UNSIGNED BindIPv6Only=SOCKETBIND BindToDevice=NETWORKINTERFACE " +
    "Broadcast=BOOLEAN DeferAcceptSec=SECONDS ExecStopPre=PATH_[ARGUMENT_[...]] FileDescriptorName=OTHER " +
    "FlushPending=BOOLEAN@247 FreeBind=BOOLEAN IPTOS=TOS IPTTL=INTEGER KeepAlive=BOOLEAN " +
    "KeepAliveIntervalSec=SECONDS KeepAliveProbes=UNSIGNED KeepAliveTimeSec=SECONDS " +
    "ListenDatagram=SOCKET_[...] ListenFIFO=SOCKET_[...] ListenMessageQueue=SOCKET_[...] " +
    "ListenNetlink=SOCKET_[...] ListenSequentialPacket=SOCKET_[...] ListenSpecial=SOCKET_[...] " +
    "ListenStream=SOCKET_[...] ListenUSBFunction=SOCKET_[...] Mark=INTEGER MaxConnections=UNSIGNED " +
    "MaxConnectionsPerSource=UNSIGNED MessageQueueMaxMessages=LONG MessageQueueMessageSize=LONG " +
    "NoDelay=BOOLEAN PassCredentials=BOOLEAN PassFileDescriptorsToExec=BOOLEAN@256 " +
    "PassPacketInfo=BOOLEAN@246 PassSecurity=BOOLEAN PipeSize=SIZE PollLimitBurst=UNSIGNED@255 " +
    "PollLimitIntervalSec=SECONDS@255 ReceiveBuffer=SIZE RemoveOnStop=BOOLEAN ReusePort=BOOLEAN " +
    "SELinuxContextFromNet=BOOLEAN SendBuffer=SIZE Service=SERVICE SmackLabel=STRING " +
    "SmackLabelIPIn=STRING SmackLabelIPOut=STRING SocketGroup=OTHER SocketMode=MODE SocketProtocol=OTHER " +
    "SocketUser=OTHER Symlinks=OTHER TCPCongestion=STRING Timestamping=OTHER@247 Transparent=BOOLEAN " +
    "Writable=BOOLEAN ",
  "Socket Mount Automount Path": "DirectoryMode=MODE ",
  "Socket Swap": "Priority=OTHER ",
  "Socket Path": "TriggerLimitBurst=UNSIGNED TriggerLimitIntervalSec=SECONDS ",
  "Mount Swap": "Options=STRING What=NODE ",
  "Mount Automount": "Where=PATH ",
  Mount: "ForceUnmount=BOOLEAN LazyUnmount=BOOLEAN ReadWriteOnly=BOOLEAN@246 SloppyOptions=BOOLEAN ",
  Automount: "ExtraOptions=STRING@250 TimeoutIdleSec=OTHER ",
  Timer:
    "AccuracySec=SECONDS DeferReactivation=BOOLEAN@257 FixedRandomDelay=BOOLEAN@247 OnActiveSec=TIMER " +
    "OnBootSec=TIMER OnCalendar=TIMER OnClockChange=BOOLEAN@242 OnStartupSec=TIMER " +
    "OnTimezoneChange=BOOLEAN@242 OnUnitActiveSec=TIMER OnUnitInactiveSec=TIMER Persistent=BOOLEAN " +
    "RandomizedDelaySec=SECONDS RemainAfterElapse=BOOLEAN WakeSystem=BOOLEAN ",
  "Timer Path": "Unit=UNIT ",
  Path:
    "DirectoryNotEmpty=PATH MakeDirectory=BOOLEAN PathChanged=PATH PathExists=PATH PathExistsGlob=PATH " +
    "PathModified=PATH ",
  Install: "Alias=OTHER Also=OTHER DefaultInstance=OTHER RequiredBy=OTHER UpheldBy=OTHER@254 WantedBy=OTHER ",
};
