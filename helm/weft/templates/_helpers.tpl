{{- define "weft.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end -}}
{{- end -}}
{{- end }}

{{/* The labels of an object; the argument is (dict "root" $ "component" "agent"). */}}
{{- define "weft.labels" -}}
{{ include "weft.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "weft.selector" -}}
app.kubernetes.io/name: weft
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "weft.apiServer" -}}
{{- with .Values.apiServer -}}
{{- if .host }}
- {name: KUBERNETES_SERVICE_HOST, value: {{ .host | quote }}}
- {name: KUBERNETES_SERVICE_PORT, value: {{ .port | quote }}}
{{- end }}
{{- end }}
{{- end }}

{{/*
What is done with NetworkPolicies: the value; else what the installed agents do, Audit where they know no policies yet, and Enforce where
there are none, or no cluster to read them from (helm template).
*/}}
{{- define "weft.policyMode" -}}
{{- $mode := get (.Values.policy | default dict) "mode" }}
{{- if kindIs "bool" $mode }}
{{- $mode = "Off" }}{{/* what YAML takes for false where it has no quotes */}}
{{- else if not $mode }}
{{- $mode = "Enforce" }}
{{- with lookup "apps/v1" "DaemonSet" .Release.Namespace "weft-agent" }}
{{- $mode = "Audit" }}
{{- range .spec.template.spec.containers }}
{{- range .args }}
{{- if hasPrefix "--policy-mode=" . }}
{{- $mode = trimPrefix "--policy-mode=" . }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- $mode }}
{{- end }}

{{/* An affinity to where the image runs, with what the values add; the argument is (dict "root" $ "affinity" .Values.agent.affinity). */}}
{{- define "weft.affinity" -}}
{{- $affinity := deepCopy (.affinity | default dict) }}
{{- with .root.Values.image.architectures }}
{{- $runs := dict "key" "kubernetes.io/arch" "operator" "In" "values" . }}
{{- $node := get $affinity "nodeAffinity" | default dict }}
{{- $required := get $node "requiredDuringSchedulingIgnoredDuringExecution" | default dict }}
{{- $terms := list }}
{{- range get $required "nodeSelectorTerms" | default (list dict) }}
{{- $terms = append $terms (set . "matchExpressions" (append (get . "matchExpressions" | default list) $runs)) }}
{{- end }}
{{- $required = set $required "nodeSelectorTerms" $terms }}
{{- $node = set $node "requiredDuringSchedulingIgnoredDuringExecution" $required }}
{{- $affinity = set $affinity "nodeAffinity" $node }}
{{- end }}
{{- if $affinity }}{{ toYaml $affinity }}{{ end }}
{{- end }}

{{/* The operators prefer different nodes. */}}
{{- define "weft.operatorsApart" -}}
preferredDuringSchedulingIgnoredDuringExecution:
  - weight: 100
    podAffinityTerm:
      topologyKey: kubernetes.io/hostname
      labelSelector:
        matchLabels: {{- include "weft.selector" (dict "root" $ "component" "operator") | nindent 10 }}
{{- end }}

{{/* The IPPools of the cluster, name and range; none where there is no cluster to read them from. */}}
{{- define "weft.pools" -}}
{{- if .Capabilities.APIVersions.Has "weft.dev/v1alpha1/IPPool" }}
{{- range (lookup "weft.dev/v1alpha1" "IPPool" "" "").items }}
{{ .metadata.name | quote }}: {{ .spec.cidr | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Running pods have a pool's addresses: nothing deletes it. */}}
{{- define "weft.poolAnnotations" -}}
helm.sh/resource-policy: keep
{{- if lookup "v1" "Namespace" "" "kube-system" }}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-delete-policy: hook-failed
{{- end }}
{{- end }}
